import type { ConcurrentProgram, SharedWords, ThreadProgram } from "../api-explore.ts";
import type { MachineProgram, SystemCalls } from "../api-kernel.ts";
import { MAP_ANONYMOUS, MAP_SHARED, PROT_READ, PROT_WRITE } from "../include/uapi/mman.ts";
import { SIGCHLD } from "../include/uapi/signal.ts";
import { plainBytes } from "../user/marshal.ts";
import type { Program, UserRequest } from "../user/program.ts";
import type { ProgramContext } from "../user/program-context.ts";
import { SharedWord, wordBytes } from "./words.ts";

const PAGE_BYTES = 4096;
const WORD_BYTES = 4;
const WORDS_MAX = 256;
const THREADS_MAX = 8;

/** A concurrent program, checked and made ready to be run many times. */
export interface ReadyProgram {
  readonly words: readonly (readonly [string, number])[];
  readonly setup: ThreadProgram | undefined;
  readonly threads: readonly ReadyThread[];
}

export interface ReadyThread {
  readonly name: string;
  readonly program: ThreadProgram;
  readonly isProcess: boolean;
  /** Of machine code: the executable file that takes the place of `program` before the first step. */
  readonly file: Uint8Array<ArrayBuffer> | undefined;
}

/** What one run of a program leaves outside of the machine. */
export interface RunRecord {
  /** Where the words lie. */
  base: number;
  readonly returned: Record<string, unknown>;
  /** What a thread has thrown. */
  thrown: { readonly error: unknown } | undefined;
}

export function readyProgram(program: ConcurrentProgram): ReadyProgram {
  if (typeof program !== "object" || program === null) throw new TypeError(WHAT);
  const { shared = {}, setup, threads = {}, processes = {} } = program;
  const words = Object.entries(shared);
  if (words.length > WORDS_MAX) throw new RangeError(`at most ${WORDS_MAX} words are shared`);
  for (const [name, value] of words) {
    if (!Number.isInteger(value) || value !== (value | 0)) {
      throw new TypeError(`shared.${name} begins with a whole number of 32 bits`);
    }
  }
  const all: ReadyThread[] = [];
  for (const [list, isProcess] of [
    [threads, false],
    [processes, true],
  ] as const) {
    for (const [name, one] of Object.entries(list)) {
      const file = isProcess ? fileOf(one) : undefined;
      if (typeof one !== "function" && file === undefined) {
        throw new TypeError(`${name} is no generator function${isProcess ? NOR_CODE : ""}`);
      }
      if (!/^\w{1,12}$/.test(name)) throw new TypeError(`"${name}" is no name for a thread`);
      if (all.some((other) => other.name === name)) throw new TypeError(`two threads are ${name}`);
      all.push({
        name,
        program: file === undefined ? (one as ThreadProgram) : waits,
        isProcess,
        file,
      });
    }
  }
  if (all.length === 0 || all.length > THREADS_MAX) throw new TypeError(WHAT);
  return { words, setup, threads: all };
}

const WHAT = `explore() takes { threads: { A: function* (sys, shared) { … }, … } } or processes, 1 to ${THREADS_MAX} of them`;

const NOR_CODE = ", and no machine code, i386.asm`…`";

function fileOf(one: ThreadProgram | MachineProgram): Uint8Array<ArrayBuffer> | undefined {
  if (typeof one !== "object" || one === null || typeof one.bytes !== "function") return undefined;
  return plainBytes(one.bytes());
}

/** What stands in the place of machine code until the process has become that. */
function* waits(sys: SystemCalls): Generator<UserRequest, unknown, never> {
  return yield* sys.pause();
}

/** The first process of a run: it makes the words, runs `setup`, starts the threads, and waits. */
export function mainProgram(
  program: ReadyProgram,
  context: () => ProgramContext,
  record: RunRecord,
): Program {
  const main: Program = function* main(own) {
    const sys = own as unknown as SystemCalls;
    const base = yield* sys.mmap(0, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    record.base = base;
    for (let i = 0; i < program.words.length; i++) {
      yield* sys.store(base + i * WORD_BYTES, wordBytes(program.words[i]![1]));
    }
    const words = (of: SystemCalls): SharedWords => {
      const named: Record<string, SharedWord> = {};
      program.words.forEach(([name], i) => {
        named[name] = new SharedWord(of, base + i * WORD_BYTES);
      });
      return Object.freeze(named);
    };
    const prepared =
      program.setup === undefined
        ? undefined
        : yield* going(program.setup(sys, words(sys), undefined));
    for (const { name, program: body, isProcess } of program.threads) {
      const thread: Program = function* thread(its) {
        const itsSys = its as unknown as SystemCalls;
        try {
          record.returned[name] = yield* going(body(itsSys, words(itsSys), prepared));
        } catch (error) {
          record.thrown ??= { error };
          throw error;
        }
        return 0;
      };
      if (isProcess) {
        context().nextThread = { program: thread, argv: [], isThread: false };
        yield* sys.call("clone", SIGCHLD);
      } else yield* own.thread(thread);
    }
    yield* sys.pause();
    return 0;
  };
  // Where the source is made small, functions lose their names.
  return Object.defineProperty(main, "name", { value: "main" });
}

/** A program inside of another: the kernel's answers are its own. */
export function going(
  steps: Generator<UserRequest, unknown, never>,
): Generator<UserRequest, unknown, number> {
  return steps as unknown as Generator<UserRequest, unknown, number>;
}
