import { CreateRoleCommand, DeleteRoleCommand, paginateListRoles } from "@aws-sdk/client-iam";
import { Ledger } from "./ledger.ts";
import type { Clients, Part } from "./part.ts";
import type { Random } from "./random.ts";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: "sts:AssumeRole",
    },
  ],
});

/** Roles. */
export class Roles implements Part {
  readonly name = "roles";
  readonly #roles = new Ledger("role");
  #made = 0;

  get size(): number {
    return this.#roles.size;
  }

  async step({ iam }: Clients, random: Random): Promise<void> {
    const existing = random.pick(this.#roles.present());
    if (existing !== undefined && random.chance(0.4)) {
      await this.#roles.change([[existing, undefined]], () =>
        iam.send(new DeleteRoleCommand({ RoleName: existing })),
      );
      return;
    }
    this.#made += 1;
    const name = `role-${this.#made}`;
    await this.#roles.change([[name, "there"]], () =>
      iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUST })),
    );
  }

  async check({ iam: client }: Clients): Promise<void> {
    const found = new Map<string, string>();
    for await (const { Roles = [] } of paginateListRoles({ client }, {}))
      for (const { RoleName = "" } of Roles)
        if (RoleName.startsWith("role-")) found.set(RoleName, "there");
    this.#roles.check(found);
  }
}
