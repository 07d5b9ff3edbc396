import { headers } from "next/headers.js";
// biome-ignore lint/style/noRestrictedImports: the memory of one request, nothing of the screen.
import { cache } from "react";
import { db } from "../db/client.ts";
import { coursesOf, isBanned, type Viewer } from "../policies/index.ts";
import { auth } from "./better-auth.ts";

/** Who asks, with the roles of this moment; undefined: nobody is signed in. Read once a request. */
export const currentViewer = cache(async (): Promise<Viewer | undefined> => {
  return viewerOf(await headers());
});

/** Who the session in these headers belongs to. */
export async function viewerOf(requestHeaders: Headers): Promise<Viewer | undefined> {
  const found = await auth().api.getSession({ headers: requestHeaders });
  if (found === null) return undefined;
  const user = await db().user.findUnique({
    where: { id: found.user.id },
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
  if (user === null || isBanned(user, new Date())) return undefined;
  return {
    userId: user.id,
    name: user.name,
    username: user.username ?? user.email,
    isAdmin: user.role === "admin",
    roles: user.enrolments.map(({ runId, role }) => ({ runId, role })),
    courses: coursesOf(user),
  };
}
