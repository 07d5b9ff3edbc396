import { db } from "../db/client.ts";
import { arePlain, type OwnWords } from "../operation/stand-in.ts";
import { isBanned, lectureGroup } from "../policies/index.ts";
import { lectureReader } from "../queries/lecture-reader.ts";
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
  const { name, username } = reader;
  const own = { userId, name, username, initials: initialsOf(name) };
  const group = lectureGroup(reader);
  return group !== undefined && arePlain(own) ? { group, own } : undefined;
}
