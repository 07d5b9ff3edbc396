/** `current`: the task in whose name the kernel runs. */
export interface CurrentTask {
  readonly pid: number;
  readonly tgid: number;
  readonly uid: number;
  readonly comm: string;
  readonly isCompat: boolean;
}

/** One step of the call, asked by plain data: it begins, or gets the answer of what it has called. */
export type KernelQuestion =
  | {
      readonly kind: "begin";
      readonly id: number;
      readonly args: readonly number[];
      readonly current: CurrentTask;
    }
  | { readonly kind: "answer"; readonly id: number; readonly answer: number | undefined };

/** What a submission exports. */
export interface Submission {
  /** `SYSCALL_DEFINE("get_names", function* (k, req) { … })` */
  readonly getNames: (question: KernelQuestion) => unknown;
}
