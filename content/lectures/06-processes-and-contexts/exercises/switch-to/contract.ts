/** What a submission exports. */
export interface Submission {
  /** i386 assembly in AT&T syntax, with the labels `switch_to` and `task_init`. */
  readonly assembly: string;
}
