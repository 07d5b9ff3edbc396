import { createAccount } from "../auth/create-account.ts";
import { DEMO_ACCOUNTS, DEMO_DOMAIN, demoEmail } from "../auth/demo.ts";
import type { Tx } from "../db/client.ts";

const CLOSED = "demo mode is off";

/** Makes the demo accounts of the run, with nothing done yet, where they are missing. */
export async function seedDemoAccounts(tx: Tx, runId: string): Promise<void> {
  for (const { username, name, role } of DEMO_ACCOUNTS) {
    const isAdmin = role === "admin";
    const made = await createAccount(tx, { name, username, email: demoEmail(username), isAdmin });
    if (made.kind === "taken" || isAdmin) continue;
    await tx.enrolment.create({ data: { runId, userId: made.userId, role } });
  }
}

/** Opens the demo accounts again that a start outside demo mode has closed. */
export async function reopenDemoAccounts(tx: Tx): Promise<void> {
  await tx.user.updateMany({
    where: { email: { endsWith: DEMO_DOMAIN }, banReason: CLOSED },
    data: { banned: false, banReason: null },
  });
}

/** Closes what an earlier start in demo mode has left: anybody may sign in to those accounts. */
export async function closeDemoAccounts(tx: Tx): Promise<void> {
  const isDemo = { email: { endsWith: DEMO_DOMAIN } };
  await tx.user.updateMany({
    where: { ...isDemo, banned: false },
    data: { banned: true, banReason: CLOSED, banExpires: null },
  });
  await tx.session.deleteMany({ where: { user: isDemo } });
}
