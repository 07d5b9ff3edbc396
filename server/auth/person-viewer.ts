import { db, type Tx } from "../db/client.ts";
import { coursesOf, isBanned, type Viewer } from "../policies/index.ts";

/** The person with the roles of this moment; undefined: there is no such account, or it is closed. */
export async function viewerById(
  userId: string,
  now = new Date(),
  tx: Tx = db(),
): Promise<Viewer | undefined> {
  const user = await tx.user.findUnique({
    where: { id: userId },
    select: {
      id: true,
      name: true,
      username: true,
      email: true,
      role: true,
      banned: true,
      banExpires: true,
      enrolments: { select: { runId: true, role: true, run: { select: { courseId: true } } } },
      authorships: { select: { courseId: true } },
    },
  });
  if (user === null || isBanned(user, now)) return undefined;
  return {
    userId: user.id,
    name: user.name,
    username: user.username ?? user.email,
    isAdmin: user.role === "admin",
    roles: user.enrolments.map(({ runId, role }) => ({ runId, role })),
    courses: coursesOf(user),
  };
}
