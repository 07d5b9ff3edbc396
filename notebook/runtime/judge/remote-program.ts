/**
 * A student's user program on machines of the judge. The program lives in the player, machines run without a pause; so
 * what the program does is learnt call by call. Where the player can be waited for, as in a process of its own, it is asked
 * in the middle of the run. In a browser it cannot: a machine that comes to where nobody knows on is given up, the player
 * is asked, and the same machine is played again. What is known is a tree, since a fork's child goes another way.
 */

import { MachineStop, type SystemCalls, type UserRequest } from "#kernel-sim";
import type { AskNow, Plain, ProgramRun, ProgramStep, RemoteProgram } from "../exercise-api.ts";
import { encodePlain } from "../player/plain.ts";
import { type RawAnswer, REMOTE_CALLS } from "../player/remote-sys.ts";
import { type AnsweredCall, likelyAnswer } from "./likely-answer.ts";

/** Asks the player for the next step of one run of a program; a new thread begins it. */
export type AskStep = (
  thread: number,
  args: readonly Plain[],
  answers: readonly Plain[],
) => Promise<ProgramStep>;

/** The same, while all else stands still. */
export type AskStepNow = (...asked: Parameters<AskStep>) => ProgramStep;

/** Where the steps of a program come from. */
export interface StepSource {
  readonly ask: AskStep;
  readonly askNow?: AskStepNow | undefined;
  /** Answers a number that no run has yet. */
  readonly newThread: () => number;
}

/** So often a machine is played again. */
const PLAYS_MAX = 4000;
/** What a judge that can wait follows of one program: all its steps are kept, with what was answered. */
const STEPS_MAX = 50_000;
const ANSWERS_LENGTH_MAX = 64 * 1024 * 1024;

interface Node {
  readonly args: readonly Plain[];
  readonly parent: Node | undefined;
  /** To the parent's call. */
  readonly answer: Plain;
  /** The same as text. */
  readonly key: string;
  readonly next: Map<string, Node>;
  step: ProgramStep | undefined;
  /** The run in the player that stands here. */
  thread: number | undefined;
}

/** Why a program could not be played on, in words for its author. */
export class ProgramProblem extends Error {}

export async function startProgram(
  { ask, newThread }: StepSource,
  args: readonly Plain[],
): Promise<ProgramRun> {
  const thread = newThread();
  return {
    first: await ask(thread, args, []),
    resume: (answer) => ask(thread, args, [answer]),
  };
}

export async function playInMachine<T>(
  source: StepSource,
  play: (program: RemoteProgram) => T,
): Promise<T> {
  const roots = new Map<string, Node>();
  for (let plays = 0; plays < PLAYS_MAX; plays++) {
    const end = new PlayEnd(source);
    const program: RemoteProgram = (sys, ...args) => {
      const key = encodePlain(args);
      const root = roots.get(key) ?? nodeOf(args, undefined, undefined, "");
      roots.set(key, root);
      return follow(sys, root, end) as Generator<UserRequest, Plain, unknown>;
    };
    const value = playOnce(() => play(harden(program)), end);
    if (end.problem !== undefined) throw end.problem;
    if (end.unknown === undefined) return value as T;
    await learn(source, end.unknown);
  }
  throw new ProgramProblem(`makes more than ${PLAYS_MAX} calls`);
}

/**
 * The same for functions of the player that a machine of the judge calls while it runs, such as a handler of its kernel:
 * each call is asked for once, and then remembered.
 */
export async function playWithCalls<T>(
  { call, callNow }: CallSource,
  play: (ask: AskNow) => T,
): Promise<T> {
  const known = new Map<string, Plain>();
  for (let plays = 0; plays < PLAYS_MAX; plays++) {
    const missing: { name: string; args: readonly Plain[]; key: string }[] = [];
    const problems: unknown[] = [];
    const ask: AskNow = (name, ...args) => {
      const key = encodePlain([name, args]);
      if (known.has(key)) return known.get(key);
      if (callNow === undefined) {
        missing.push({ name, args, key });
        throw new MachineStop("the function's answer is not known yet");
      }
      try {
        const answer = callNow(name, args);
        known.set(key, answer);
        return answer;
      } catch (problem) {
        problems.push(problem);
        throw new MachineStop("the function has no answer");
      }
    };
    let value: T | undefined;
    try {
      value = play(harden(ask));
    } catch (thrown) {
      if (missing.length === 0 && problems.length === 0) throw thrown;
    }
    if (problems.length > 0) throw problems[0];
    const [first] = missing;
    if (first === undefined) return value as T;
    known.set(first.key, await call(first.name, first.args));
  }
  throw new ProgramProblem(`is called more than ${PLAYS_MAX} times`);
}

/** Answers what a function of the player does. */
export interface CallSource {
  readonly call: (name: string, args: readonly Plain[]) => Promise<Plain>;
  /** Where the player can be waited for. */
  readonly callNow?: ((name: string, args: readonly Plain[]) => Plain) | undefined;
}

/** Why a machine was given up, if it was. */
class PlayEnd {
  readonly #source: StepSource;
  unknown: Node | undefined;
  problem: unknown;
  #steps = 0;
  #answersLength = 0;

  constructor(source: StepSource) {
    this.#source = source;
  }

  /** What the program does at `node`. Throws `MachineStop` when the machine cannot go on. */
  stepAt(node: Node): ProgramStep {
    const { askNow, newThread } = this.#source;
    if (this.problem !== undefined) throw new MachineStop("the program is given up");
    if (node.step !== undefined) return node.step;
    if (askNow === undefined) {
      this.unknown = node;
      throw new MachineStop("the program's next call is not known yet");
    }
    try {
      this.#steps++;
      this.#answersLength += node.key.length;
      if (this.#steps > STEPS_MAX || this.#answersLength > ANSWERS_LENGTH_MAX) {
        throw new ProgramProblem("makes more calls than can be followed");
      }
      node.step = askNow(...questionFor(node, newThread));
      return node.step;
    } catch (problem) {
      throw this.stop(problem, "the program has no next call");
    }
  }

  stop(problem: unknown, words: string): MachineStop {
    this.problem ??= problem;
    return new MachineStop(words);
  }
}

function playOnce<T>(play: () => T, end: PlayEnd): T | undefined {
  try {
    return play();
  } catch (thrown) {
    if (end.unknown === undefined && end.problem === undefined) throw thrown;
    return undefined;
  }
}

/** So many calls are asked for ahead of the machine. */
const AHEAD_MAX = 32;

/**
 * Asks for the step at `node`, and for those behind it as long as their answers can be guessed: a wrong guess costs
 * nothing but a way of the tree that nobody goes. Of a fork the child's first calls are asked for, too.
 */
async function learn(source: StepSource, node: Node): Promise<void> {
  let at = node;
  for (let ahead = 0; ahead < AHEAD_MAX; ahead++) {
    try {
      at.step = await source.ask(...questionFor(at, source.newThread));
    } catch (problem) {
      if (ahead === 0) throw problem;
      // Behind a wrong guess a program may do anything. If the machine comes here, it is asked again.
      at.thread = undefined;
      return;
    }
    const { step } = at;
    if (step?.kind !== "asks") return;
    if (step.call === "fork") {
      const child = nextOf(at, 0);
      if (child.step === undefined) await learn(source, child);
      return;
    }
    const guess = likelyAnswer(step, pastOf(at));
    if (guess === undefined) return;
    at = nextOf(at, guess);
    if (at.step !== undefined) return;
  }
}

/** Which run of the program comes to `node`, and by which answers. */
function questionFor(node: Node, newThread: () => number): Parameters<AskStep> {
  const { parent } = node;
  const thread = parent?.thread;
  // The parent of a fork goes on in its own run, so the child's is always a new one.
  const isChild = parent?.step?.kind === "asks" && parent.step.call === "fork" && node.answer === 0;
  if (thread !== undefined && parent !== undefined && !isChild) {
    parent.thread = undefined;
    node.thread = thread;
    return [thread, node.args, [node.answer]];
  }
  node.thread = newThread();
  return [node.thread, node.args, answersUpTo(node)];
}

/** The calls behind `node`, the last one first. */
function* pastOf(node: Node): Generator<AnsweredCall> {
  for (let { answer, parent } = node; parent !== undefined; { answer, parent } = parent) {
    if (parent.step?.kind === "asks") yield { ...parent.step, answer };
  }
}

function nextOf(node: Node, answer: Plain): Node {
  const key = encodePlain(answer);
  const next = node.next.get(key) ?? nodeOf(node.args, node, answer, key);
  node.next.set(key, next);
  return next;
}

function* follow(sys: SystemCalls, root: Node, end: PlayEnd): Generator<UserRequest, Plain, never> {
  for (let node = root; ; ) {
    const step = end.stepAt(node);
    if (step.kind === "returned") return step.value;
    const answer: Plain = yield* make(sys, step.call, step.args, end);
    node = nextOf(node, answer);
  }
}

function nodeOf(
  args: readonly Plain[],
  parent: Node | undefined,
  answer: Plain,
  key: string,
): Node {
  return { args, parent, answer, key, next: new Map(), step: undefined, thread: undefined };
}

function answersUpTo(node: Node): readonly Plain[] {
  const answers: Plain[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) answers.push(at.answer);
  return answers.reverse();
}

type Call = (...args: readonly Plain[]) => Generator<UserRequest, Plain, never>;

/** Makes a call with arguments that may be anything. */
function* make(
  sys: SystemCalls,
  call: string,
  args: readonly Plain[],
  end: PlayEnd,
): Generator<UserRequest, Plain, never> {
  const refuse = (words: string) => end.stop(new ProgramProblem(words), words);
  if (!(REMOTE_CALLS as readonly string[]).includes(call)) throw refuse("asks for no call");
  if (call === "sigaction" && args[1] !== 0 && args[1] !== 1) {
    throw refuse("sets a signal handler, which cannot run on this machine");
  }
  const own = args.map((arg) => (arg instanceof Uint8Array ? arg.slice() : arg));
  try {
    const value = yield* Reflect.apply(sys[call as keyof SystemCalls] as Call, sys, own);
    if (call !== "call") return value;
    const bytes = own.map((arg) => (arg instanceof Uint8Array ? arg : undefined));
    return { value: value as number, bytes } satisfies RawAnswer;
  } catch (thrown) {
    if (!(thrown instanceof TypeError || thrown instanceof RangeError)) throw thrown;
    throw refuse(`calls sys.${call}() with arguments that it cannot take`);
  }
}
