/** Whose account it is that a provider's word opens. */
import { db, type Tx, transaction } from "../../db/client.ts";
import { coursesOf, mayEnterByAddress } from "../../policies/index.ts";
import { createAccount } from "../create-account.ts";
import { Email, PersonName, Username } from "../names.ts";
import { storePassword } from "../password.ts";
import { PASSWORD_LINKS } from "../password-link.ts";
import { startSession } from "../sign-in.ts";

/** What the provider says of somebody. */
export interface Identity {
  readonly issuer: string;
  /** Its own name of them, which is never given to another. */
  readonly subject: string;
  readonly email: string;
  readonly isEmailVerified: boolean;
  readonly name: string;
  readonly username: string;
}

export type EnterResult =
  | { readonly kind: "signed-in"; readonly userId: string }
  | { readonly kind: "banned" }
  /** The provider does not vouch for an address. */
  | { readonly kind: "unverified" }
  /** Somebody has an account with this address, which must be connected by them. */
  | { readonly kind: "has-account" }
  | { readonly kind: "no-account" };

/**
 * Signs in whoever the provider knows: who has come before, who has an account with the address
 * that it vouches for, or, when they may have one, somebody new.
 */
export async function enterByOidc(
  identity: Identity,
  { mayMakeAccount }: { readonly mayMakeAccount: boolean },
  headers: Headers,
  now = new Date(),
): Promise<EnterResult> {
  const found = await transaction(async (tx): Promise<Exclude<EnterResult, { kind: "banned" }>> => {
    await lock(tx, identity);
    const known = await ownerOf(tx, identity);
    if (known !== undefined) return { kind: "signed-in", userId: known };
    const email = Email.safeParse(identity.email);
    if (!email.success || !identity.isEmailVerified) return { kind: "unverified" };
    const byAddress = await accountWith(tx, email.data, identity.issuer);
    if (byAddress !== undefined) {
      if (mayEnterByAddress(byAddress).kind === "denied") return { kind: "has-account" };
      const { userId } = byAddress;
      await lockOthersOut(tx, userId);
      await store(tx, userId, identity);
      return { kind: "signed-in", userId };
    }
    if (!mayMakeAccount) return { kind: "no-account" };
    const userId = await makeAccount(tx, identity, email.data);
    if (userId === undefined) return { kind: "has-account" };
    await store(tx, userId, identity);
    return { kind: "signed-in", userId };
  });
  return found.kind === "signed-in" ? startSession(found.userId, headers, now) : found;
}

export type ConnectResult = { readonly kind: "connected" | "taken" };

/** Connects the account of somebody who is signed in to it: their own word is enough. */
export async function connectIdentity(userId: string, identity: Identity): Promise<ConnectResult> {
  return transaction(async (tx): Promise<ConnectResult> => {
    await lock(tx, identity);
    const known = await ownerOf(tx, identity);
    if (known !== undefined) return { kind: known === userId ? "connected" : "taken" };
    await store(tx, userId, identity);
    return { kind: "connected" };
  });
}

/** Takes every connection of the person with the provider away. */
export async function disconnectIdentity(userId: string, issuer: string): Promise<void> {
  await db().account.deleteMany({ where: { userId, providerId: providerId(issuer) } });
}

/** Whether the person can sign in by the provider. */
export async function isConnected(userId: string, issuer: string): Promise<boolean> {
  const where = { userId, providerId: providerId(issuer) };
  return (await db().account.count({ where })) > 0;
}

/** Another provider's subject of the same name is somebody else. */
function providerId(issuer: string): string {
  return `oidc:${issuer.replace(/\/$/, "")}`;
}

/** Of two who come with the same new identity at once, one waits. */
async function lock(tx: Tx, { issuer, subject }: Identity): Promise<void> {
  const name = `${providerId(issuer)} ${subject}`;
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))::text`;
}

async function ownerOf(tx: Tx, { issuer, subject }: Identity): Promise<string | undefined> {
  const account = await tx.account.findFirst({
    where: { providerId: providerId(issuer), accountId: subject },
    select: { userId: true },
  });
  return account?.userId;
}

async function store(tx: Tx, userId: string, { issuer, subject }: Identity): Promise<void> {
  const id = crypto.randomUUID();
  await tx.account.create({
    data: { id, userId, providerId: providerId(issuer), accountId: subject },
  });
}

async function accountWith(tx: Tx, email: string, issuer: string) {
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE "email" = ${email} FOR UPDATE`;
  const user = await tx.user.findUnique({
    where: { email },
    select: {
      id: true,
      role: true,
      emailVerified: true,
      enrolments: { select: { runId: true, role: true, run: { select: { courseId: true } } } },
      authorships: { select: { courseId: true } },
      accounts: { where: { providerId: providerId(issuer) }, select: { id: true } },
    },
  });
  if (user === null) return undefined;
  return {
    userId: user.id,
    isAdmin: user.role === "admin",
    roles: user.enrolments.map(({ runId, role }) => ({ runId, role })),
    courses: coursesOf(user),
    isAddressVouchedFor: user.emailVerified,
    isConnected: user.accounts.length > 0,
  };
}

/** Somebody may have made the account for this address before its owner came: they get no further. */
async function lockOthersOut(tx: Tx, userId: string): Promise<void> {
  await storePassword(tx, userId, undefined);
  await tx.session.deleteMany({ where: { userId } });
  await tx.verification.deleteMany({
    where: { value: userId, identifier: { startsWith: PASSWORD_LINKS } },
  });
}

const NAME_TRIES = 20;

/** undefined: somebody took the address at this moment. */
async function makeAccount(tx: Tx, identity: Identity, email: string): Promise<string | undefined> {
  const part = email.split("@")[0] ?? "";
  const name = PersonName.safeParse(identity.name.replace(/\p{Cc}+/gu, " ").slice(0, 80));
  const base = usernameOf(identity.username.split("@")[0] ?? "") ?? usernameOf(part) ?? "reader";
  for (let tries = 1; tries <= NAME_TRIES; tries++) {
    const username = tries === 1 ? base : `${base.slice(0, 26)}-${tries}`;
    const made = await createAccount(tx, {
      name: name.success ? name.data : part.slice(0, 80),
      username,
      email,
      isAddressVouchedFor: true,
    });
    if (made.kind === "created") return made.userId;
    if (made.what === "email") return undefined;
  }
  const username = `reader-${crypto.randomUUID().slice(0, 13)}`;
  const made = await createAccount(tx, {
    name: part.slice(0, 80),
    username,
    email,
    isAddressVouchedFor: true,
  });
  return made.kind === "created" ? made.userId : undefined;
}

/** The nearest that may be a user name here; undefined: there is none. */
function usernameOf(wanted: string): string | undefined {
  const plain = wanted
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "")
    .slice(0, 30)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return Username.safeParse(plain).success ? plain : undefined;
}
