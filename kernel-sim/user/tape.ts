import type { UserRequest } from "./program.ts";
import type { ProgramContext } from "./program-context.ts";
import {
  ATOMIC,
  COMPUTE,
  isCall,
  isEnd,
  LOAD,
  NAME_HANDLER,
  NEXT_THREAD,
  PEEK,
  POP,
  ProgramRecord,
  PUSH,
  RESERVE,
  RETURN,
  type RecordReader,
  RecordRoom,
  STORE,
  SYSCALL,
  THREAD_STACK,
  THROW,
} from "./record.ts";
import { AccessRequest, AtomicRequest, ComputeRequest } from "./request.ts";

/**
 * The records of all programs of a machine, in the order in which they began. With them the machine runs again
 * without the programs: what they do outside of the machine happens once.
 */
export class Tape {
  readonly #room = new RecordRoom();
  readonly #records: ProgramRecord[] = [];

  /** A program begins, or goes on from where `parent` is. */
  newRecord(parent?: ProgramRecord): ProgramRecord {
    const record = new ProgramRecord(parent, this.#room);
    this.#records.push(record);
    return record;
  }

  record(number: number): ProgramRecord | undefined {
    return this.#records[number];
  }
}

/** Plays a tape: gives each program what it did when it ran. They must begin in the order in which they began then. */
export class TapePlayer {
  readonly #tape: Tape;
  #begun = 0;

  constructor(tape: Tape) {
    this.#tape = tape;
  }

  /** What the program that begins now has done. */
  nextProgram(): PlayedProgram {
    return new PlayedProgram(this.#tape.record(this.#begun++)?.readOwn());
  }
}

/** Does for one program what it did then, stretch by stretch. */
export class PlayedProgram {
  readonly #reader: RecordReader | undefined;

  constructor(reader: RecordReader | undefined) {
    this.#reader = reader;
  }

  /** The next stretch, up to the next trap. */
  play(context: ProgramContext): IteratorResult<UserRequest, unknown> {
    const reader = this.#reader;
    while (reader?.next() === true) {
      const { kind, value } = reader;
      switch (kind) {
        case PUSH:
          reader.number();
          context.pushStack(reader.bytes(value), value);
          break;
        case RESERVE:
          reader.number();
          context.reserveStack(value);
          break;
        case POP:
          context.popStack(value);
          break;
        case PEEK:
          context.peek(reader.number(), value);
          reader.bytes(value);
          break;
        case NAME_HANDLER:
          context.handlerAddress(function* played() {});
          break;
        case THREAD_STACK:
          context.threadStack();
          break;
        case NEXT_THREAD:
          context.nextThread = { program: nothing, argv: [], isThread: value === 1 };
          break;
        default:
          if (isEnd(kind)) return this.#end(reader, context);
          // What it was told: the machine tells it again.
          reader.skip();
      }
    }
    throw new TapeEnd();
  }

  #end(reader: RecordReader, context: ProgramContext): IteratorResult<UserRequest, unknown> {
    const { kind, value } = reader;
    if (isCall(kind)) {
      const n = kind - SYSCALL;
      const a0 = n > 0 ? reader.number() : 0;
      const a1 = n > 1 ? reader.number() : 0;
      const a2 = n > 2 ? reader.number() : 0;
      const a3 = n > 3 ? reader.number() : 0;
      const a4 = n > 4 ? reader.number() : 0;
      const a5 = n > 5 ? reader.number() : 0;
      context.syscallRequest.fill(value, a0, a1, a2, a3, a4, a5);
      return context.syscallTrap;
    }
    if (kind === RETURN) return { done: true, value };
    if (kind === THROW) throw new Error("the program has thrown an error");
    if (kind === COMPUTE) return { done: false, value: new ComputeRequest(value) };
    if (kind === LOAD || kind === STORE) {
      const addr = reader.number();
      const bytes = kind === STORE ? reader.bytes(value) : new Uint8Array(value);
      return { done: false, value: new AccessRequest(addr, bytes, kind === STORE) };
    }
    if (kind === ATOMIC) {
      const [addr, operand] = [reader.number(), reader.number()];
      return { done: false, value: new AtomicRequest(addr, value, operand, reader.number()) };
    }
    return { done: false, value: NOTHING };
  }
}

/** The tape is played to its end: what comes next was not recorded, or has not happened yet. */
class TapeEnd extends Error {
  readonly stopsMachine = true;
}

/** What a program yields that is no request. */
const NOTHING: UserRequest = Object.freeze({});

/** What stands for a program whose stretches are on a tape. */
export function* nothing(): Generator<UserRequest, unknown, never> {
  yield NOTHING;
  return undefined;
}
