/**
 * The core of the player: holds one submission in a hardened realm and answers the judge's
 * questions about it. Knows nothing of tests, seeds' meaning or points.
 */

import type { Output } from "#notebook/document";
import { type Compiled, type CompileResult, compileModule } from "../compile/compile.ts";
import type { Plain } from "../exercise-api.ts";
import type { Realm } from "../realm/realm.ts";
import type {
  Answer,
  Ask,
  CallAnswer,
  LoadAnswer,
  Question,
  StepAnswer,
  Thrown,
} from "./messages.ts";
import { checkPlain, decodePlain, encodePlain, NotPlain } from "./plain.ts";
import { ProgramThreads } from "./program-threads.ts";

const OUTPUT_LIMITS = { bytes: 64 * 1024, outputs: 100 };
/** What the student's source is called in positions of errors. */
const SOURCE_ID = "submission";

export interface StudentPlayer {
  /** Compiles the submission and evaluates it once, to see that it can be. */
  load(source: string): Promise<string>;
  /** Answers one question, both as text. */
  answer(question: string): Promise<string>;
}

/** @param onOutput what the student's code prints, up to a limit for each question */
export function createPlayer(
  realm: Realm,
  onOutput: (output: Output) => void = () => undefined,
): StudentPlayer {
  // What a module left on it in one test, it would find in the next one.
  Object.freeze(realm.globalThis);
  return new RealmPlayer(realm, onOutput);
}

type Exports = Readonly<Record<string, unknown>>;

class RealmPlayer implements StudentPlayer {
  readonly #realm: Realm;
  readonly #onOutput: (output: Output) => void;
  #compiled: Compiled | undefined;
  #run:
    | {
        readonly number: number;
        readonly exports: Exports | Thrown;
        readonly threads: ProgramThreads;
      }
    | undefined;

  constructor(realm: Realm, onOutput: (output: Output) => void) {
    this.#realm = realm;
    this.#onOutput = onOutput;
  }

  async load(source: string): Promise<string> {
    return encodePlain(await this.#load(source));
  }

  async answer(question: string): Promise<string> {
    const { run, seed, ask } = decodePlain(question) as unknown as Question;
    const answer = await this.#answer(run, seed, ask);
    try {
      return encodePlain(answer);
    } catch (problem) {
      const because = `what it answers cannot leave the player: ${this.#describe(problem).message}`;
      return encodePlain({ kind: "unfit", because } satisfies Answer);
    }
  }

  async #load(source: string): Promise<LoadAnswer> {
    const compiled = compileOrRefuse(source);
    if (compiled.kind === "refused") {
      const { message, line } = compiled;
      return { kind: "refused", thrown: { name: "SyntaxError", message, line } };
    }
    this.#compiled = compiled;
    // Nothing of a test is known yet, so that a message can be shown whole.
    const found = await this.#evaluate(0);
    if (isThrown(found)) return { kind: "refused", thrown: found };
    return { kind: "loaded", exports: Object.keys(found) };
  }

  async #answer(run: number, seed: number, ask: Ask): Promise<Answer> {
    if (this.#run?.number !== run) {
      const exports = await this.#evaluate(seed);
      this.#run = { number: run, exports, threads: new ProgramThreads() };
    }
    const { exports, threads } = this.#run;
    if (isThrown(exports)) return { kind: "failed", ...exports };
    if (ask.kind === "exports") return { kind: "exports", names: Object.keys(exports) };
    if (!Object.hasOwn(exports, ask.name)) {
      return { kind: "unfit", because: `There is no export named \`${ask.name}\`.` };
    }
    const value = exports[ask.name];
    if (ask.kind === "value") return this.#value(ask.name, value);
    if (ask.kind === "program") return this.#program(ask.name, value);
    if (ask.kind === "step") return this.#step(value, seed, ask, threads);
    return this.#calls(ask.name, value, seed, ask.argLists);
  }

  async #evaluate(seed: number): Promise<Exports | Thrown> {
    if (this.#compiled === undefined) return thrown("Error", "nothing was loaded", 0);
    const options = { seed, onOutput: this.#onOutput, limits: OUTPUT_LIMITS };
    const outcome = await this.#realm.loadModule(SOURCE_ID, this.#compiled, options);
    if (outcome.kind === "loaded") return outcome.exports;
    const { name, message, frames } = outcome.error;
    return thrown(name, message, frames[0]?.line ?? 0);
  }

  #value(name: string, value: unknown): Answer {
    if (typeof value === "function") {
      return { kind: "unfit", because: `\`${name}\` is a function, not a value.` };
    }
    try {
      checkPlain(value);
      return { kind: "value", value: value as Plain };
    } catch (problem) {
      const { message } = this.#describe(problem);
      return { kind: "unfit", because: `\`${name}\` cannot leave the player: ${message}.` };
    }
  }

  #program(name: string, value: unknown): Answer {
    const unfit: Answer = {
      kind: "unfit",
      because: `\`${name}\` is not a BPF program: export what \`bpf.asm\` or \`bpf.program\` answers.`,
    };
    if (typeof value !== "object" || value === null) return unfit;
    try {
      const { bytes, mapNames } = value as { bytes?: unknown; mapNames?: unknown };
      if (typeof bytes !== "function" || !Array.isArray(mapNames)) return unfit;
      const answer = { kind: "program", bytes: Reflect.apply(bytes, value, []), mapNames } as const;
      checkPlain(answer);
      return answer;
    } catch {
      return unfit;
    }
  }

  async #calls(
    name: string,
    value: unknown,
    seed: number,
    argLists: readonly (readonly Plain[])[],
  ): Promise<Answer> {
    if (typeof value !== "function") {
      return { kind: "unfit", because: `\`${name}\` is not a function.` };
    }
    const outcomes: CallAnswer[] = [];
    const action = async () => {
      for (const args of argLists) outcomes.push(await this.#callOnce(value, args));
    };
    const options = { seed, onOutput: this.#onOutput, limits: OUTPUT_LIMITS };
    const end = await this.#realm.call(action, options);
    if (end.kind === "threw") {
      // It waits for what never comes; so would all calls after it.
      const why = this.#describe(end.thrown);
      while (outcomes.length < argLists.length) outcomes.push({ kind: "threw", ...why });
    }
    return { kind: "calls", outcomes };
  }

  async #step(
    value: unknown,
    seed: number,
    { name, thread, args, answers }: Extract<Ask, { kind: "step" }>,
    threads: ProgramThreads,
  ): Promise<Answer> {
    if (typeof value !== "function") {
      return { kind: "unfit", because: `\`${name}\` is not a function.` };
    }
    let step: StepAnswer | undefined;
    const action = () => {
      try {
        step = threads.step(thread, value, args, answers);
      } catch (problem) {
        step = { kind: "threw", ...this.#describeAnswer(problem) };
      }
    };
    const options = { seed, onOutput: this.#onOutput, limits: OUTPUT_LIMITS };
    const end = await this.#realm.call(action, options);
    if (end.kind === "threw") step ??= { kind: "threw", ...this.#describe(end.thrown) };
    return { kind: "step", step: step as StepAnswer };
  }

  async #callOnce(value: object, args: readonly Plain[]): Promise<CallAnswer> {
    try {
      const answer = await Reflect.apply(value as () => unknown, undefined, args);
      checkPlain(answer);
      return { kind: "returned", value: answer as Plain };
    } catch (problem) {
      return { kind: "threw", ...this.#describeAnswer(problem) };
    }
  }

  #describeAnswer(problem: unknown): Thrown {
    if (!(problem instanceof NotPlain)) return this.#describe(problem);
    return thrown("TypeError", `its answer is not plain data: ${problem.message}`, 0);
  }

  #describe(problem: unknown): Thrown {
    const { name, message, frames } = this.#realm.describeError(problem);
    return thrown(name, message, frames[0]?.line ?? 0);
  }
}

/** The parser calls itself as deep as the source nests. */
function compileOrRefuse(source: string): CompileResult {
  try {
    return compileModule(source);
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem;
    return { kind: "refused", message: "The source nests too deep.", line: 1, column: 1 };
  }
}

const isThrownMark: WeakSet<object> = new WeakSet();

function thrown(name: string, message: string, line: number): Thrown {
  const made = { name: name.slice(0, 200), message: message.slice(0, 2000), line };
  isThrownMark.add(made);
  return made;
}

/** Told by identity: a student's module may export `name`, `message` and `line`, too. */
function isThrown(found: Exports | Thrown): found is Thrown {
  return isThrownMark.has(found);
}
