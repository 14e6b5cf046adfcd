import { defineService } from "../../service.ts";
import { confirmSubscription, expireToken } from "./confirmation.ts";
import { getDataProtectionPolicy, putDataProtectionPolicy } from "./data-protection-policy.ts";
import { buryDeadLetter, deliver } from "./delivery.ts";
import { addPermission, removePermission } from "./permission.ts";
import { publish, publishBatch, publishTarget } from "./publish.ts";
import { getSubscriptionAttributes, setSubscriptionAttributes } from "./subscription-attributes.ts";
import {
  listSubscriptions,
  listSubscriptionsByTopic,
  subscribe,
  unsubscribe,
} from "./subscription-operations.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag-operations.ts";
import { getTopicAttributes, setTopicAttributes } from "./topic-attributes.ts";
import { createTopic, deleteTopic, listTopics } from "./topic-operations.ts";

export { signingCertificatePem } from "./signature.ts";

/** Simple Notification Service: topics, and what they owe their subscriptions. */
export const sns = defineService({
  name: "sns",
  operations: {
    AddPermission: addPermission,
    ConfirmSubscription: confirmSubscription,
    CreateTopic: createTopic,
    DeleteTopic: deleteTopic,
    GetDataProtectionPolicy: getDataProtectionPolicy,
    GetSubscriptionAttributes: getSubscriptionAttributes,
    GetTopicAttributes: getTopicAttributes,
    ListSubscriptions: listSubscriptions,
    ListSubscriptionsByTopic: listSubscriptionsByTopic,
    ListTagsForResource: listTagsForResource,
    ListTopics: listTopics,
    Publish: publish,
    PublishBatch: publishBatch,
    PutDataProtectionPolicy: putDataProtectionPolicy,
    RemovePermission: removePermission,
    SetSubscriptionAttributes: setSubscriptionAttributes,
    SetTopicAttributes: setTopicAttributes,
    Subscribe: subscribe,
    TagResource: tagResource,
    Unsubscribe: unsubscribe,
    UntagResource: untagResource,
  },
  carries: {
    Publish: (_caller, input) => publishTarget(input),
    PublishBatch: (_caller, input) => publishTarget(input),
  },
  owed: {
    "sns:deliver": deliver,
    "sns:dead-letter": buryDeadLetter,
    "sns:expire-token": expireToken,
  },
});
