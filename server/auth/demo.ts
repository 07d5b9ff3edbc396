import { config } from "../config.ts";
import { db } from "../db/client.ts";
import type { RunRole } from "../policies/index.ts";
import { type SignInResult, startSession } from "./sign-in.ts";

/** An account that exists in demo mode, for whoever wants to look around. */
export interface DemoAccount {
  readonly username: string;
  readonly name: string;
  /** What the account is in the demo run; the admin needs no role. */
  readonly role: RunRole | "admin";
  /** What the sign-in page says of it; accounts without it only fill the class. */
  readonly offer?: { readonly title: string; readonly says: string };
}

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  {
    username: "mira.kovac",
    name: "Mira Kovač",
    role: "student",
    offer: { title: "A student", says: "submits exercises and sees her own results" },
  },
  {
    username: "bao.nguyen",
    name: "Bao Nguyen",
    role: "student",
    offer: { title: "Another student", says: "sees nothing of the first one’s work" },
  },
  {
    username: "elin.andersson",
    name: "Elin Andersson",
    role: "ta",
    offer: {
      title: "A teaching assistant",
      says: "sees the gradebook and every submission, has work graded again",
    },
  },
  {
    username: "henrik.lindholm",
    name: "Henrik Lindholm",
    role: "instructor",
    offer: { title: "The instructor", says: "does so too, and looks after the class" },
  },
  {
    username: "ada.moreau",
    name: "Ada Moreau",
    role: "admin",
    offer: { title: "The administrator", says: "makes accounts, names instructors" },
  },
  { username: "tolu.adeyemi", name: "Tolu Adeyemi", role: "student" },
  { username: "ilya.baranov", name: "Ilya Baranov", role: "student" },
  { username: "sofia.castro", name: "Sofía Castro", role: "student" },
  { username: "jonas.eklund", name: "Jonas Eklund", role: "student" },
  { username: "amina.haddad", name: "Amina Haddad", role: "student" },
  { username: "yuki.ito", name: "Yuki Itō", role: "student" },
  { username: "lena.osei", name: "Lena Osei", role: "student" },
  { username: "pavel.riha", name: "Pavel Říha", role: "student" },
  { username: "noor.siddiqui", name: "Noor Siddiqui", role: "student" },
  { username: "clara.weiss", name: "Clara Weiß", role: "student" },
];

export const DEMO_DOMAIN = "@demo.invalid";

/** The address of a demo account: no mail can ever be sent to it, and nobody else can have it. */
export function demoEmail(username: string): string {
  return `${username}${DEMO_DOMAIN}`;
}

/** Whether the account is shared by everybody who looks around. */
export function isDemoAccount({ username }: { readonly username: string }): boolean {
  return config().isDemo && DEMO_ACCOUNTS.some((account) => account.username === username);
}

/** The accounts that the sign-in page offers: none outside demo mode. */
export function offeredDemoAccounts(): readonly DemoAccount[] {
  return config().isDemo ? DEMO_ACCOUNTS.filter(({ offer }) => offer !== undefined) : [];
}

/** Signs in as one of the offered demo accounts; "no-match" outside demo mode. */
export async function enterDemo(username: string, headers: Headers): Promise<SignInResult> {
  const isOffered = offeredDemoAccounts().some((account) => account.username === username);
  const user = isOffered
    ? await db().user.findUnique({ where: { email: demoEmail(username) }, select: { id: true } })
    : null;
  if (user === null) return { kind: "no-match", tryNumber: 1 };
  return startSession(user.id, headers);
}
