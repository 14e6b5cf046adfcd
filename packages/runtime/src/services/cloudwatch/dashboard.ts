import { arn } from "../../arn.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { World } from "../../world.ts";
import { missingParameter } from "./errors.ts";
import { pageOf } from "./page.ts";
import { checkTags, dropTags, putTags } from "./tags.ts";
import { keyIn } from "./world.ts";

const PAGE_SIZE = 1_000;

interface Dashboard {
  readonly name: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Dashboards are an account's, and the same in each of its Regions. */
function everywhere({ account }: World): World {
  return { account, region: "" };
}

function arnOf({ account }: World, name: string): string {
  return arn("cloudwatch", "", account, `dashboard/${name}`);
}

/** Makes or replaces a dashboard. Errors: `MissingParameter`, `InvalidParameterInput`. */
export const putDashboard: OperationOf<"cloudwatch", "PutDashboard"> = async (
  { cloud, caller },
  { DashboardName: name, DashboardBody: body, Tags },
) => {
  if (name === undefined) throw missingParameter("DashboardName");
  if (body === undefined) throw missingParameter("DashboardBody");
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
    throw invalidInput(`The value ${name} for field DashboardName contains invalid characters.`);
  checkTags(Tags);
  if (!isObject(body))
    throw invalidInput("The field DashboardBody must be a valid JSON object.", [
      { Message: "The field DashboardBody must be a valid JSON object" },
    ]);
  const world = everywhere(caller);
  await cloud.store.write((tx) => {
    const key = keyIn(world, "dashboard", name);
    if (!tx.get(key)) putTags(tx, world, arnOf(caller, name), Tags ?? []);
    tx.put<Dashboard>(key, { name, body, modifiedAt: cloud.clock.now() });
  });
  return { DashboardValidationMessages: [] };
};

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function invalidInput(message: string, dashboardValidationMessages: object[] = []): ServiceError {
  return new ServiceError("DashboardInvalidInputError", message, {
    fields: { dashboardValidationMessages },
  });
}

function notFound(name: string): ServiceError {
  return new ServiceError("DashboardNotFoundError", `Dashboard ${name} does not exist`);
}

export const getDashboard: OperationOf<"cloudwatch", "GetDashboard"> = (
  { cloud, caller },
  { DashboardName: name },
) => {
  if (name === undefined) throw missingParameter("DashboardName");
  const key = keyIn(everywhere(caller), "dashboard", name);
  const dashboard = cloud.store.read((tx) => tx.get<Dashboard>(key));
  if (!dashboard) throw notFound(name);
  return {
    DashboardArn: arnOf(caller, name),
    DashboardName: name,
    DashboardBody: dashboard.body,
  };
};

export const listDashboards: OperationOf<"cloudwatch", "ListDashboards"> = (
  { cloud, caller },
  { DashboardNamePrefix = "", NextToken },
) => {
  const prefix = keyIn(everywhere(caller), "dashboard");
  const all = cloud.store.read((tx) => [...tx.range<Dashboard>({ prefix })]);
  const matching = all.filter(({ value }) => value.name.startsWith(DashboardNamePrefix));
  const { page, NextToken: next } = pageOf(matching, PAGE_SIZE, NextToken);
  return {
    DashboardEntries: page.map(({ value: { name, body, modifiedAt } }) => ({
      DashboardName: name,
      DashboardArn: arnOf(caller, name),
      LastModified: new Date(modifiedAt),
      Size: Buffer.byteLength(body),
    })),
    NextToken: next,
  };
};

/** Deletes all of them, or none when one does not exist. */
export const deleteDashboards: OperationOf<"cloudwatch", "DeleteDashboards"> = async (
  { cloud, caller },
  { DashboardNames },
) => {
  if (DashboardNames === undefined) throw missingParameter("DashboardNames");
  const world = everywhere(caller);
  await cloud.store.write((tx) => {
    for (const name of DashboardNames) {
      if (!tx.get(keyIn(world, "dashboard", name))) throw notFound(name);
      tx.delete(keyIn(world, "dashboard", name));
      dropTags(tx, world, arnOf(caller, name));
    }
  });
  return {};
};
