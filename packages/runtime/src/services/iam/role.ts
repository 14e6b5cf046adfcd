import type { Role as RoleShown } from "@aws-sdk/client-iam";
import { type Document, encodeDocument } from "./document.ts";
import { type Entity, entityArn, type World } from "./entity.ts";

export interface Role extends Entity {
  readonly trustPolicy: Document;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  readonly permissionsBoundary?: string;
}

/** A role as it stands in a list: without tags, boundary and last use. */
export function showListedRole(world: World, role: Role): RoleShown {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: entityArn(world, "role", role.path, role.name),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description === undefined ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
  };
}

export function showRole(world: World, role: Role): RoleShown {
  const { permissionsBoundary: boundary } = role;
  return {
    ...showListedRole(world, role),
    ...(boundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy",
            PermissionsBoundaryArn: boundary,
          },
        }),
    ...(role.tags.length === 0 ? {} : { Tags: [...role.tags] }),
    RoleLastUsed: {},
  };
}
