"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import {
  createAccount,
  currentViewer,
  Email,
  makePasswordLink,
  PersonName,
  Username,
} from "#server/auth";
import { type Tx, transaction } from "#server/db";
import { mailClosedLinks, mailNewAccounts, mailPasswordLink, sendsMail } from "#server/mail";
import {
  type Decision,
  mayBan,
  mayGiveRole,
  mayMakeResetLink,
  mayManageRun,
  maySeePeople,
  type RunRole,
  type Viewer,
} from "#server/policies";
import {
  type ListedPerson,
  listRuns,
  personForChange,
  personNamed,
  setBanned,
  setRole,
} from "#server/queries";

export type Refusal =
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-allowed" | "oneself" }
  | { readonly kind: "invalid"; readonly problem: string }
  | { readonly kind: "nobody" };

const NO_RUN = { kind: "invalid", problem: "This run is not there." } as const;

const Role = z.enum(["reader", "student", "ta", "instructor"]);
const RunId = z.string().min(1).max(64);
const UserId = z.string().min(1).max(64);

/** Whether a link of who teaches now was closed, and whether another one is mailed. */
interface ClosedLink {
  readonly closedLink: boolean;
  readonly isMailed: boolean;
}

export type EnrolState =
  | { readonly kind: "empty" }
  /** The link is shown this once. */
  | {
      readonly kind: "made";
      readonly name: string;
      readonly link: string;
      /** It goes out by mail, too. */
      readonly isMailed: boolean;
    }
  | ({ readonly kind: "enrolled"; readonly name: string } & ClosedLink)
  | { readonly kind: "taken"; readonly what: "username" | "email" }
  | { readonly kind: "is-in-run"; readonly name: string }
  | Refusal;

const AccountInput = z.object({
  name: PersonName,
  username: Username,
  email: Email,
  runId: RunId,
  role: Role,
});

/** Makes an account with a role in a run, and the link by which its owner sets a password. */
export async function makeAccount(_before: EnrolState, form: FormData): Promise<EnrolState> {
  const parsed = AccountInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(parsed.error);
  const { runId, role, ...account } = parsed.data;
  const viewer = await currentViewer();
  const decision = mayGiveRole(viewer, runId, role);
  if (decision.kind === "denied") return decision;
  const answer = await transaction(async (tx): Promise<EnrolState> => {
    if (!(await hasRun(tx, runId))) return NO_RUN;
    const made = await createAccount(tx, { ...account, isAddressVouchedFor: true });
    if (made.kind === "taken") return made;
    await setRole(tx, { userId: made.userId, runId }, role);
    const link = await makePasswordLink(tx, made.userId);
    const isMailed = await mailNewAccounts(tx, [made.userId]);
    return { kind: "made", name: account.name, link, isMailed };
  });
  revalidatePath("/admin");
  return answer;
}

const EnrolInput = z.object({
  person: z.string().trim().min(1, "The user name is missing.").max(254),
  runId: RunId,
  role: Role,
});

/** Gives somebody who has an account already a role in a run that they are not in. */
export async function enrolPerson(_before: EnrolState, form: FormData): Promise<EnrolState> {
  const parsed = EnrolInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(parsed.error);
  const { person: named, runId, role } = parsed.data;
  const viewer = await currentViewer();
  const decision = mayGiveRole(viewer, runId, role);
  if (decision.kind === "denied") return decision;
  const answer = await transaction(async (tx): Promise<EnrolState> => {
    if (!(await hasRun(tx, runId))) return NO_RUN;
    const person = await personNamed(tx, named);
    if (person === undefined) return { kind: "nobody" };
    const { userId, name } = person;
    if (person.roles.some((enrolled) => enrolled.runId === runId))
      return { kind: "is-in-run", name };
    return {
      kind: "enrolled",
      name,
      ...(await giveRole(tx, { userId, runId }, role, viewer?.userId)),
    };
  });
  revalidatePath("/admin");
  return answer;
}

/** What the person was before, so that it can be undone. */
export type SetRoleResult =
  | ({ readonly kind: "set"; readonly before: RunRole | "none" } & ClosedLink)
  | Refusal;

const RoleInput = z.object({
  userId: UserId,
  runId: RunId,
  role: z.union([Role, z.literal("none")]),
});

/** Makes the person something else in the run, or with "none" takes them out of it. */
export async function setPersonRole(input: unknown): Promise<SetRoleResult> {
  const parsed = RoleInput.safeParse(input);
  if (!parsed.success) return invalid(parsed.error);
  const { userId, runId, role } = parsed.data;
  const viewer = await currentViewer();
  const answer = await transaction(async (tx): Promise<SetRoleResult> => {
    const allowed = mayManageRun(viewer, runId);
    if (allowed.kind === "denied") return allowed;
    if (!(await hasRun(tx, runId))) return NO_RUN;
    const person = await personForChange(tx, userId);
    if (person === undefined) return { kind: "nobody" };
    const before = person.roles.find((enrolled) => enrolled.runId === runId)?.role ?? "none";
    // Both: who may not make an instructor may not unmake one either.
    for (const touched of [before, role] as const) {
      const decision = mayGiveRole(viewer, runId, touched === "none" ? "reader" : touched);
      if (decision.kind === "denied") return decision;
    }
    const wanted = role === "none" ? undefined : role;
    const given = await giveRole(tx, { userId, runId }, wanted, viewer?.userId);
    return { kind: "set", before, ...given };
  });
  revalidatePath("/admin");
  return answer;
}

export type LinkResult =
  | { readonly kind: "link"; readonly name: string; readonly link: string }
  | Refusal;

/** Makes a link by which the person sets a new password. It is shown this once. */
export async function makeResetLink(input: unknown): Promise<LinkResult> {
  return change(input, mayMakeResetLink, async (tx, { userId, name }) => ({
    kind: "link",
    name,
    link: await makePasswordLink(tx, userId),
  }));
}

export type MailLinkResult =
  | { readonly kind: "mailed"; readonly name: string; readonly email: string }
  | Refusal;

/** Mails such a link to the person; who asks for it never sees it. */
export async function mailResetLink(input: unknown): Promise<MailLinkResult> {
  return change(input, mayMakeResetLink, async (tx, { userId, name, email }) => {
    if (!sendsMail()) return { kind: "invalid", problem: "This site sends no mail." };
    await mailPasswordLink(tx, userId);
    return { kind: "mailed", name, email };
  });
}

export type BanResult = { readonly kind: "done" } | Refusal;

/** Closes the person's account and ends their sessions. */
export async function closeAccount(input: unknown): Promise<BanResult> {
  return change(input, mayBan, async (tx, { userId }) => {
    await setBanned(tx, userId, true);
    return { kind: "done" };
  });
}

/** Opens a closed account again. */
export async function openAccount(input: unknown): Promise<BanResult> {
  return change(input, mayBan, async (tx, { userId }) => {
    await setBanned(tx, userId, false);
    return { kind: "done" };
  });
}

/** Does one thing to one person, if the policy lets the viewer do it to them. */
async function change<T>(
  input: unknown,
  policy: (
    viewer: Viewer | undefined,
    person: ListedPerson,
  ) => Decision<"signed-out" | "not-allowed" | "oneself">,
  work: (tx: Tx, person: ListedPerson) => Promise<T>,
): Promise<T | Refusal> {
  const parsed = z.object({ userId: UserId }).safeParse(input);
  if (!parsed.success) return invalid(parsed.error);
  const viewer = await currentViewer();
  const answer = await transaction(async (tx): Promise<T | Refusal> => {
    const person = await personForChange(tx, parsed.data.userId);
    // Who may do nothing learns nothing, not even who exists.
    if (person === undefined) {
      return maySeePeople(viewer).kind === "allowed"
        ? { kind: "nobody" }
        : { kind: "denied", because: viewer === undefined ? "signed-out" : "not-allowed" };
    }
    const decision = policy(viewer, person);
    return decision.kind === "denied" ? decision : work(tx, person);
  });
  revalidatePath("/admin");
  return answer;
}

async function giveRole(
  tx: Tx,
  key: { readonly userId: string; readonly runId: string },
  role: RunRole | undefined,
  actorId: string | undefined,
): Promise<ClosedLink> {
  const { closedLink } = await setRole(tx, key, role, actorId);
  return { closedLink, isMailed: await mailClosedLinks(tx, closedLink ? [key.userId] : []) };
}

async function hasRun(tx: Tx, runId: string): Promise<boolean> {
  return (await listRuns(tx, [runId])).length > 0;
}

function invalid(error: z.ZodError): Refusal {
  return { kind: "invalid", problem: error.issues[0]?.message ?? "Something is missing." };
}
