import type { Tx } from "../db/index.ts";
import { storePassword } from "./password.ts";

interface NewAccount {
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly isAdmin?: boolean;
  /** The staff, or a provider, has said that the address is the person's. */
  readonly isAddressVouchedFor?: boolean;
  /** Undefined: nobody knows it until a link sets one. */
  readonly password?: string | undefined;
}

export type CreateAccountResult =
  | { readonly kind: "created"; readonly userId: string }
  | { readonly kind: "taken"; readonly what: "username" | "email" };

/** Makes an account with a credential, which a password or a link opens. */
export async function createAccount(
  tx: Tx,
  { name, username, email, isAdmin = false, isAddressVouchedFor = false, password }: NewAccount,
): Promise<CreateAccountResult> {
  const userId = crypto.randomUUID();
  const role = isAdmin ? "admin" : "user";
  // One statement that a name taken at the same moment does not break the transaction with.
  const { count } = await tx.user.createMany({
    data: { id: userId, name, username, email, role, emailVerified: isAddressVouchedFor },
    skipDuplicates: true,
  });
  if (count === 0) {
    const other = await tx.user.findUnique({ where: { username }, select: { id: true } });
    return { kind: "taken", what: other === null ? "email" : "username" };
  }
  await storePassword(tx, userId, password);
  return { kind: "created", userId };
}
