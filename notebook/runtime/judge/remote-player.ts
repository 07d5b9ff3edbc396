/** The player as a test sees it: questions go out as text, answers are believed in nothing. */

import type { CallOutcome, Plain, Player, ProgramStep } from "../exercise-api.ts";
import type { Answer, Ask, Question } from "../player/messages.ts";
import { checkPlain, decodePlain, encodePlain, NotPlain } from "../player/plain.ts";
import { programFrom } from "./program.ts";
import {
  ProgramProblem,
  playInMachine,
  playWithCalls,
  type StepSource,
  startProgram,
} from "./remote-program.ts";

/** Sends a question to the player and answers its answer. */
export type AskPlayer = (question: string) => Promise<string>;

/** The same, while all else stands still. */
export type AskPlayerNow = (question: string) => string;

/** Ends a test as failed, with words for the student. */
export class TestFailure extends Error {}

/** The player broke the protocol: what answers is not our player any more. */
export class Tampering extends Error {}

export interface RemoteOptions {
  readonly ask: AskPlayer;
  /** Where the player can be waited for: a machine is not played again for each of its answers. */
  readonly askNow?: AskPlayerNow | undefined;
  readonly run: number;
  readonly seed: number;
  /** Whether a student may read what the code said about the test's own arguments. */
  readonly isPublic: boolean;
}

type AnswerTo<A extends { readonly kind: Ask["kind"] }> = Extract<Answer, { kind: A["kind"] }>;

/** One test's player: its first question evaluates the student's module anew. */
export function remotePlayer(options: RemoteOptions): Player {
  const questionOf = (ask: Ask) =>
    encodePlain({ run: options.run, seed: options.seed, ask } as const satisfies Question);
  const believed = <A extends Ask>(asked: A, text: string): AnswerTo<A> => {
    const answer = parseAnswer(text);
    if (answer.kind === "unfit") throw new TestFailure(sentence(answer.because, options));
    if (answer.kind === "failed") {
      throw new TestFailure(`The module could not be evaluated: ${wordsOf(answer, options)}`);
    }
    if (answer.kind !== asked.kind) throw new Tampering(`asked for ${asked.kind}`);
    return answer as AnswerTo<A>;
  };
  const ask = async <A extends Ask>(asked: A) =>
    believed(asked, await options.ask(questionOf(asked)));
  const { askNow: answerNow } = options;
  const askNow =
    answerNow && (<A extends Ask>(asked: A) => believed(asked, answerNow(questionOf(asked))));

  const callsOf = (name: string, argLists: readonly (readonly Plain[])[]) => {
    for (const args of argLists) checkPlain(args);
    return { kind: "calls", name, argLists } as const;
  };
  const outcomeOf = (name: string, { outcomes }: AnswerTo<{ kind: "calls" }>): Plain => {
    const [outcome] = outcomes;
    if (outcomes.length !== 1 || outcome === undefined) {
      throw new Tampering("another number of answers");
    }
    if (outcome.kind === "returned") return outcome.value;
    throw new TestFailure(`\`${name}\` threw ${wordsOf(outcome, options)}`);
  };
  const callBatch = async (
    name: string,
    argLists: readonly (readonly Plain[])[],
  ): Promise<readonly CallOutcome[]> => {
    const { outcomes } = await ask(callsOf(name, argLists));
    if (outcomes.length !== argLists.length) throw new Tampering("another number of answers");
    return outcomes.map((outcome) =>
      outcome.kind === "returned"
        ? outcome
        : { kind: "threw", name: outcome.name, message: outcome.message, line: outcome.line },
    );
  };
  const call = async (name: string, args: readonly Plain[]): Promise<Plain> =>
    outcomeOf(name, await ask(callsOf(name, [args])));
  const callNow =
    askNow &&
    ((name: string, args: readonly Plain[]) => outcomeOf(name, askNow(callsOf(name, [args]))));

  const stepOf = (
    name: string,
    [thread, args, answers]: Parameters<StepSource["ask"]>,
  ): Extract<Ask, { kind: "step" }> => {
    for (const plain of [args, answers]) checkPlain(plain);
    return { kind: "step", name, thread, args, answers };
  };
  const stepIn = (name: string, { step }: AnswerTo<{ kind: "step" }>): ProgramStep => {
    if (step.kind !== "threw") return step;
    throw new TestFailure(`\`${name}\` threw ${wordsOf(step, options)}`);
  };
  let threads = 0;
  const stepsOf = (name: string): StepSource => ({
    ask: async (...asked) => stepIn(name, await ask(stepOf(name, asked))),
    askNow: askNow && ((...asked) => stepIn(name, askNow(stepOf(name, asked)))),
    newThread: () => ++threads,
  });
  return {
    exports: async () => (await ask({ kind: "exports" })).names,
    value: async (name) => (await ask({ kind: "value", name })).value,
    program: async (name) => {
      const { bytes, mapNames } = await ask({ kind: "program", name });
      const program = programFrom(bytes, mapNames);
      if (program === undefined) throw new TestFailure(`\`${name}\` is not a BPF program.`);
      return program;
    },
    call: (name, ...args) => call(name, args),
    callBatch,
    start: (name, ...args) => startProgram(stepsOf(name), args),
    inMachine: (name, play) =>
      playInMachine(stepsOf(name), play).catch((problem: unknown) => {
        if (!(problem instanceof ProgramProblem)) throw problem;
        throw new TestFailure(`\`${name}\` ${problem.message}.`);
      }),
    withCalls: (play) =>
      playWithCalls({ call, callNow }, play).catch((problem: unknown) => {
        if (!(problem instanceof ProgramProblem)) throw problem;
        throw new TestFailure(`Your code ${problem.message}.`);
      }),
  };
}

/** The language's own; any other could carry what a test must not tell. */
const ERROR_NAMES = new Set([
  ...["Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "EvalError"],
  ...["URIError", "BpfError"],
]);

interface Claimed {
  readonly name: string;
  readonly message: string;
  readonly line?: number;
}

/** In a hidden test a message could hold the arguments, so only the kind of error is told. */
function wordsOf({ name, message, line }: Claimed, { isPublic }: RemoteOptions): string {
  if (!isPublic) return ERROR_NAMES.has(name) ? `a ${name}.` : "an error.";
  const where = line !== undefined && line > 0 ? ` (line ${line})` : "";
  return `${name}: ${message}${where}`;
}

/** Which kind of thing is missing is known without the arguments; its contents are not told. */
function sentence(because: string, { isPublic }: RemoteOptions): string {
  if (isPublic) return because;
  const isOurs =
    /^There is no export named `[\w$]{1,60}`\.$/.test(because) ||
    /^`[\w$]{1,60}` is (?:not a function|a function, not a value)\.$/.test(because) ||
    /^`[\w$]{1,60}` is not a BPF program: export what `bpf.asm` or `bpf.program` answers\.$/.test(
      because,
    );
  return isOurs ? because : "What your code answers is not plain data, or too large.";
}

function parseAnswer(text: string): Answer {
  let answer: Plain;
  try {
    answer = decodePlain(text);
  } catch (problem) {
    if (problem instanceof NotPlain) throw new Tampering(problem.message);
    throw problem;
  }
  if (!isAnswer(answer)) throw new Tampering("an answer of no known form");
  return answer;
}

type Shape = { readonly [key: string]: Plain };

function isAnswer(answer: Plain): answer is Plain & Answer {
  if (!isObject(answer)) return false;
  switch (answer["kind"]) {
    case "exports":
      return isStrings(answer["names"]);
    case "value":
      return isValue(answer["value"]);
    case "program":
      return answer["bytes"] instanceof Uint8Array && isStrings(answer["mapNames"]);
    case "calls":
      return Array.isArray(answer["outcomes"]) && answer["outcomes"].every(isOutcome);
    case "step":
      return isStep(answer["step"]);
    case "unfit":
      return typeof answer["because"] === "string";
    case "failed":
      return isThrown(answer);
    default:
      return false;
  }
}

function isStep(step: Plain): boolean {
  if (!isObject(step) || step["kind"] !== "asks") return isOutcome(step);
  const args = step["args"];
  return typeof step["call"] === "string" && Array.isArray(args) && isValue(args);
}

function isOutcome(outcome: Plain): boolean {
  if (!isObject(outcome)) return false;
  if (outcome["kind"] === "returned") return isValue(outcome["value"]);
  return outcome["kind"] === "threw" && isThrown(outcome);
}

/** What our player sends is within the depth; what is deeper comes from something else. */
function isValue(value: Plain): boolean {
  try {
    checkPlain(value);
    return true;
  } catch {
    return false;
  }
}

function isThrown(shape: Shape): boolean {
  const { name, message, line } = shape;
  return typeof name === "string" && typeof message === "string" && typeof line === "number";
}

function isStrings(value: Plain): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isObject(value: Plain): value is Shape {
  const isThing = typeof value === "object" && value !== null;
  return isThing && !Array.isArray(value) && !(value instanceof Uint8Array);
}
