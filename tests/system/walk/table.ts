/** What a line of the walk's tables says, who comes, and where pages lie. */
import type { Visitor, Who, World } from "../visitors.ts";

export const LECTURE = "11-ebpf-1-machine";

/** A path that a browser asks for; the last word says what those get who may not have it. */
export interface Readable {
  readonly path: (world: World) => string | Promise<string>;
  /** It is asked by sending this; it stores nothing all the same, or no more than it is sent. */
  readonly sends?: unknown;
  readonly allowed: readonly Who[];
  /** The answer to the others; those who are not signed in are led to the sign-in page first. */
  readonly denied?: 403 | 404 | "elsewhere";
  readonly leadsToSignIn?: true;
  /** Where those who may have it are led when there is only one thing to see. */
  readonly only?: RegExp;
}

export interface Action {
  /** The page that it is called from. */
  readonly at: (world: World) => string;
  readonly args: (world: World, visitor: Visitor) => Promise<readonly unknown[]>;
  readonly allowed: readonly Who[];
  /** It stores nothing; whether it was allowed shows in its answer alone. */
  readonly isReading?: true;
  /** It answers nothing; whether it was allowed shows in what is stored alone. */
  readonly isSilent?: true;
  /** Who may, and for whom there is nothing to change. */
  readonly idle?: Who;
}

export const submitters = ["student", "another student", "ta", "instructor"] as const;
export const own = ["student", "ta", "instructor", "admin"] as const;
export const teachers = ["ta", "instructor", "admin"] as const;
export const members = ["reader", "student", "another student", ...teachers] as const;
export const managers = ["instructor", "admin"] as const;
export const peopleManagers = ["instructor", "instructor elsewhere", "admin"] as const;

// Who instructs any run of the course writes in it.
export const authors = ["instructor", "instructor elsewhere", "admin"] as const;

export const onDocument = async (to: World) =>
  `/author/${to.courseSlug}/${await to.documents.id()}`;

export function onlyAuthors(path: Readable["path"]): Readable {
  return { path, allowed: authors, denied: 403, leadsToSignIn: true };
}

export const state = { kind: "empty" };
export const onExercise = ({ exerciseSlug }: World) => `/exercises/${exerciseSlug}`;
export const onLecture = () => `/lectures/${LECTURE}`;
export const onClass = ({ runSlug }: World) => `/class/${runSlug}`;
export const onGrades = ({ runSlug }: World) => `/class/${runSlug}/grades`;
export const onReport = (to: World) =>
  `/class/${to.runSlug}/exercises/a-report/${to.userId("student")}`;
export const onAttempts = (to: World) =>
  `/class/${to.runSlug}/exercises/${to.exerciseSlug}/${to.userId("student")}`;
export const onCourse = ({ courseSlug }: World) => `/author/${courseSlug}`;
export const onDates = ({ runSlug }: World) => `/class/${runSlug}/dates`;
export const onAdmin = () => "/admin";
export const onNewQuestion = ({ runSlug }: World) => `/class/${runSlug}/questions/new`;
export const onQuestion = ({ runSlug }: World) => `/class/${runSlug}/questions/any`;
export const onAnnouncements = ({ runSlug }: World) => `/class/${runSlug}/announcements`;
export const enrolled = ["reader", ...submitters] as const;
export const enrolledAnywhere = [...enrolled, "instructor elsewhere"] as const;
