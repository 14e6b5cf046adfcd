import { defineService } from "../../service.ts";
import { getAccessKeyInfo, getCallerIdentity } from "./identity.ts";
import { assumeRole, assumeRoleWithWebIdentity, getSessionToken } from "./session.ts";

/** AWS Security Token Service: who one is, and sessions as someone else. */
export const sts = defineService({
  name: "sts",
  operations: {
    GetCallerIdentity: getCallerIdentity,
    GetAccessKeyInfo: getAccessKeyInfo,
    AssumeRole: assumeRole,
    AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
    GetSessionToken: getSessionToken,
  },
});
