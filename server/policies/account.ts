import { ALLOWED, type Decision, denied } from "./decision.ts";
import { type Person, roleIn, type Viewer } from "./viewer.ts";

type AccountDecision = Decision<"signed-out" | "not-allowed">;

/** Whether the viewer may see the people of the site, or of the runs that they manage. */
export function maySeePeople(viewer: Viewer | undefined): AccountDecision {
  if (viewer === undefined) return denied("signed-out");
  return viewer.isAdmin || viewer.roles.some(({ role }) => role === "instructor")
    ? ALLOWED
    : denied("not-allowed");
}

/**
 * Whether the viewer may make a link by which `person` sets a new password. Whoever holds the link
 * can become that person, so it must not lead to anything that the viewer may not do already:
 * instructors make links only for those who are nothing but readers and students of their runs.
 * An author is none of these, whatever the course: what is written there bears the author's name.
 */
export function mayMakeResetLink(viewer: Viewer | undefined, person: Person): AccountDecision {
  if (viewer === undefined) return denied("signed-out");
  if (viewer.isAdmin) return ALLOWED;
  if (person.isAdmin || person.courses.length > 0) return denied("not-allowed");
  const isBelow = person.roles.every(
    ({ runId, role }) =>
      roleIn(viewer, runId) === "instructor" && (role === "reader" || role === "student"),
  );
  return isBelow && person.roles.length > 0 ? ALLOWED : denied("not-allowed");
}

/**
 * Whether who a provider vouches for as owner of the account's address enters it without having
 * said so here. Never the staff's: whoever could make the provider vouch for an address would have
 * the class. And never one whose address somebody has only typed: it may be another's.
 */
export function mayEnterByAddress(
  person: Person & {
    readonly courses: readonly string[];
    readonly isAddressVouchedFor: boolean;
    /** With another identity of the same provider already. */
    readonly isConnected: boolean;
  },
): Decision<"staff" | "connected" | "not-vouched-for"> {
  const teaches = person.roles.some(({ role }) => role === "ta" || role === "instructor");
  if (person.isAdmin || teaches || person.courses.length > 0) return denied("staff");
  if (person.isConnected) return denied("connected");
  return person.isAddressVouchedFor ? ALLOWED : denied("not-vouched-for");
}

/** Whether the viewer may close `person`'s account or open it again; nobody locks themselves out. */
export function mayBan(
  viewer: Viewer | undefined,
  person: Person,
): Decision<"signed-out" | "not-allowed" | "oneself"> {
  if (viewer === undefined) return denied("signed-out");
  if (!viewer.isAdmin) return denied("not-allowed");
  return viewer.userId === person.userId ? denied("oneself") : ALLOWED;
}

/** Whether the account is closed at the time `now`. */
export function isBanned(
  account: { readonly banned: boolean; readonly banExpires: Date | null },
  now: Date,
): boolean {
  return account.banned && (account.banExpires === null || account.banExpires > now);
}

/** Whether the viewer may change the own account; one that many share stays as it is. */
export function mayChangeAccount(
  viewer: Viewer | undefined,
  isShared: boolean,
): Decision<"signed-out" | "shared"> {
  if (viewer === undefined) return denied("signed-out");
  return isShared ? denied("shared") : ALLOWED;
}

/** Whether the viewer may have everything that the site holds of the person. */
export function mayExportPerson(viewer: Viewer | undefined, userId: string): AccountDecision {
  if (viewer === undefined) return denied("signed-out");
  return viewer.isAdmin || viewer.userId === userId ? ALLOWED : denied("not-allowed");
}

/** Whether the viewer may take the person out of the site; nobody erases themselves. */
export function mayErasePerson(
  viewer: Viewer | undefined,
  userId: string,
): Decision<"signed-out" | "not-allowed" | "oneself"> {
  if (viewer === undefined) return denied("signed-out");
  if (!viewer.isAdmin) return denied("not-allowed");
  return viewer.userId === userId ? denied("oneself") : ALLOWED;
}
