/** What somebody may be in one run of a course. */
export type RunRole = "reader" | "student" | "ta" | "instructor";

/** A person and what they are in each run that they are enrolled in. */
export interface Person {
  readonly userId: string;
  /** Looks after the whole site. */
  readonly isAdmin: boolean;
  readonly roles: readonly { readonly runId: string; readonly role: RunRole }[];
  /** The courses in which they may write: those whose runs they instruct, and those they are authors of. */
  readonly courses: readonly string[];
}

/** Who asks: the person whose session the request carries. */
export interface Viewer extends Person {
  readonly name: string;
  readonly username: string;
}

/** What `person` is in the run; undefined when they are not enrolled. */
export function roleIn(person: Person, runId: string): RunRole | undefined {
  return person.roles.find((enrolled) => enrolled.runId === runId)?.role;
}

/** The courses in which somebody may write who is enrolled and named as an author like this. */
export function coursesOf({
  enrolments,
  authorships,
}: {
  readonly enrolments: readonly {
    readonly role: RunRole;
    readonly run: { readonly courseId: string };
  }[];
  readonly authorships: readonly { readonly courseId: string }[];
}): readonly string[] {
  const taught = enrolments.flatMap(({ role, run }) =>
    role === "instructor" ? [run.courseId] : [],
  );
  return [...new Set([...taught, ...authorships.map(({ courseId }) => courseId)])];
}
