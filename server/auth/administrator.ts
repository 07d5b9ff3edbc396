import { db, transaction } from "../db/client.ts";
import { createAccount } from "./create-account.ts";
import { makePasswordLink } from "./password-link.ts";

/** Whether anybody looks after the site. */
export async function hasAdministrator(): Promise<boolean> {
  return (await db().user.count({ where: { role: "admin", banned: false } })) > 0;
}

interface Administrator {
  readonly email: string;
  readonly name: string;
  readonly username: string;
}

export type MakeAdministratorResult =
  | { readonly kind: "made" | "promoted"; readonly link: string }
  | { readonly kind: "username-taken" };

/**
 * Makes the person with this address an administrator, with an account if they have none, and a
 * link by which they set a password.
 */
export async function makeAdministrator(
  { email, name, username }: Administrator,
  now = new Date(),
): Promise<MakeAdministratorResult> {
  return transaction(async (tx): Promise<MakeAdministratorResult> => {
    const known = await tx.user.findUnique({ where: { email }, select: { id: true } });
    if (known !== null) {
      const open = { role: "admin", banned: false, banReason: null, banExpires: null };
      await tx.user.update({ where: { id: known.id }, data: open });
      return { kind: "promoted", link: await makePasswordLink(tx, known.id, now) };
    }
    const made = await createAccount(tx, { email, name, username, isAdmin: true });
    if (made.kind === "taken") return { kind: "username-taken" };
    return { kind: "made", link: await makePasswordLink(tx, made.userId, now) };
  });
}
