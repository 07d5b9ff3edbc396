import type { Plain } from "../exercise-api.ts";
import type { StepAnswer } from "./messages.ts";
import { checkPlain } from "./plain.ts";
import { RemoteSys } from "./remote-sys.ts";

type Steps = Iterator<unknown, unknown, unknown>;

/**
 * The runs of a student's programs, by the judge's numbers for them. One goes on from where it is; a new number begins
 * anew and takes all answers at once, which is how a fork's child comes to where its parent was.
 */
export class ProgramThreads {
  readonly #remote = new RemoteSys();
  readonly #threads = new Map<number, Steps>();

  /** Gives the program its next answers and tells what it asks for behind the last. What it throws is thrown. */
  step(
    thread: number,
    program: object,
    args: readonly Plain[],
    answers: readonly Plain[],
  ): StepAnswer {
    let steps = this.#threads.get(thread);
    let at: StepAnswer | undefined;
    if (steps === undefined) {
      steps = this.#start(program, args);
      this.#threads.set(thread, steps);
      at = this.#next(steps, undefined);
    }
    for (const answer of answers) {
      if (at !== undefined && at.kind !== "asks") break;
      at = this.#next(steps, answer);
    }
    if (at === undefined) throw new TypeError("nothing was answered");
    return at;
  }

  #start(program: object, args: readonly Plain[]): Steps {
    const steps: unknown = Reflect.apply(program as () => unknown, undefined, [
      this.#remote.sys,
      ...args,
    ]);
    const isIterator =
      typeof steps === "object" &&
      steps !== null &&
      typeof (steps as Partial<Steps>).next === "function";
    if (!isIterator) throw new TypeError("it is no generator function: write `function*`");
    return steps as Steps;
  }

  #next(steps: Steps, answer: Plain): StepAnswer {
    const { done, value } = steps.next(answer);
    if (done === true) {
      checkPlain(value);
      return { kind: "returned", value: value as Plain };
    }
    const request = this.#remote.requestOf(value);
    if (request === undefined) {
      throw new TypeError(
        "a program may yield only what the calls of sys make: write `yield* sys.read(…)`, not `yield …`",
      );
    }
    checkPlain(request.args);
    return { kind: "asks", call: request.call, args: request.args as readonly Plain[] };
  }
}
