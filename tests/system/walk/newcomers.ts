/** Who is not in a run yet, and what lets them in. */
import { makeInvitation } from "../../../server/class/invitation.ts";
import { db } from "../../../server/db/client.ts";
import { PASSWORD, type World } from "../visitors.ts";

export async function newInvitation(runId: string): Promise<{ id: string; token: string }> {
  const expiresAt = new Date(Date.now() + 86_400_000);
  const terms = { role: "student", sectionId: null, expiresAt, maxUses: null } as const;
  const made = await makeInvitation(db(), runId, terms);
  if (made.kind !== "made") throw new Error(made.kind);
  return { id: made.id, token: made.link.split("/").at(-1) ?? "" };
}

/** Into a run that nobody is in, so that everybody can join it. */
export async function invitationToNewRun({ runId }: World): Promise<{ id: string; token: string }> {
  const { courseId } = await db().courseRun.findFirstOrThrow({ where: { id: runId } });
  const slug = crypto.randomUUID();
  const { id } = await db().courseRun.create({ data: { courseId, slug, title: slug } });
  return newInvitation(id);
}

export function newPerson(who: string): Record<string, string> {
  const username = who.replaceAll(" ", "-");
  const email = `${username}@example.edu`;
  return { name: who, username, email, next: PASSWORD, again: PASSWORD };
}
