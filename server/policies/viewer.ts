/** What somebody may be in one run of a course. */
export type RunRole = "reader" | "student" | "ta" | "instructor";

/** A person and what they are in each run that they are enrolled in. */
export interface Person {
  readonly userId: string;
  /** Looks after the whole site. */
  readonly isAdmin: boolean;
  readonly roles: readonly { readonly runId: string; readonly role: RunRole }[];
}

/** Who asks: the person whose session the request carries. */
export interface Viewer extends Person {
  readonly name: string;
  readonly username: string;
  /** The courses in which they may write: those whose runs they instruct, and those they are authors of. */
  readonly courses: readonly string[];
}

/** What `person` is in the run; undefined when they are not enrolled. */
export function roleIn(person: Person, runId: string): RunRole | undefined {
  return person.roles.find((enrolled) => enrolled.runId === runId)?.role;
}
