import { db } from "../db/client.ts";
import { isPlain, type OwnWords, packWork } from "../operation/stand-in.ts";
import { isBanned, lectureGroup } from "../policies/index.ts";
import { lectureReader } from "../queries/lecture-reader.ts";
import { workInLecture } from "../queries/student-work.ts";
import { auth } from "./better-auth.ts";
import { initialsOf } from "./initials.ts";

/** Who is signed in and gets the same page of a lecture as others, but for words of their own. */
export interface KeptReader {
  readonly group: string;
  readonly own: OwnWords;
}

/** Whom the session of a cookie belongs to; undefined: their page is theirs alone. */
export async function keptReader(
  cookie: string,
  lectureSlug: string,
): Promise<KeptReader | "nobody" | undefined> {
  const found = await auth().api.getSession({ headers: new Headers({ cookie }) });
  if (found === null) return "nobody";
  const userId = found.user.id;
  const reader = await lectureReader(db(), { userId, lectureSlug });
  if (reader === undefined || isBanned(reader.ban, new Date())) return "nobody";
  const { name, username, enrolments, hasWork } = reader;
  const group = lectureGroup(reader);
  const called = { userId, name, username, initials: initialsOf(name) };
  if (group === undefined || !Object.values(called).every(isPlain)) return undefined;
  if (!hasWork) return { group, own: { ...called, work: "", elsewhere: "" } };
  const viewer = { ...{ userId, name, username, isAdmin: false, courses: [] }, roles: enrolments };
  const work = packWork(await workInLecture(db(), viewer, { lectureSlug, at: Date.now() }));
  return { group, own: { ...called, work, elsewhere: WHOLE } };
}

/** The same lecture, as it is drawn for one reader. */
const WHOLE = "0; url=?whole";
