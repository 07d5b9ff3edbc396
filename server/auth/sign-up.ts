import { config } from "../config.ts";
import { transaction } from "../db/client.ts";
import { ADDRESS_HEADER } from "../operation/peer.ts";
import { type AttemptRule, countAttempt } from "./attempts.ts";
import { type CreateAccountResult, createAccount } from "./create-account.ts";
import { startSession } from "./sign-in.ts";

const RULE: AttemptRule = { tries: 100, pauseS: 60 * 60 };

export type SignUpResult =
  | { readonly kind: "signed-up" }
  | Extract<CreateAccountResult, { kind: "taken" }>
  | { readonly kind: "paused"; readonly seconds: number }
  /** Accounts are made by the administrator and instructors here. */
  | { readonly kind: "closed" };

/** Whether people may make accounts of their own: in demo mode alone, where passwords are not off. */
export function isSignUpOpen(): boolean {
  return config().isDemo && config().allowsPasswords;
}

/** Makes an account that is a student of the first run, and signs it in. */
export async function signUp(
  given: {
    readonly name: string;
    readonly username: string;
    readonly email: string;
    readonly password: string;
  },
  headers: Headers,
  now = new Date(),
): Promise<SignUpResult> {
  if (!isSignUpOpen()) return { kind: "closed" };
  const attempt = await countAttempt(`sign-up:${headers.get(ADDRESS_HEADER) ?? ""}`, RULE, now);
  if (attempt.kind === "paused") return attempt;
  const made = await transaction(async (tx) => {
    const account = await createAccount(tx, given);
    if (account.kind === "taken") return account;
    const run = await tx.courseRun.findFirstOrThrow({ orderBy: { createdAt: "asc" } });
    const { userId } = account;
    await tx.enrolment.create({ data: { runId: run.id, userId, role: "student" } });
    return account;
  });
  if (made.kind === "taken") return made;
  await startSession(made.userId, headers, now);
  return { kind: "signed-up" };
}
