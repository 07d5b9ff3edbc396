/** The functions that the machine gives to compiled programs. Their arguments are words of 32 bits. */
import { accessArena } from "../arena-access.ts";
import { callingHelpers, helperBodies } from "../helpers/index.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { SLOT_WORDS } from "../predecode.ts";
import { loadFromPacket } from "../skb-load.ts";
import { accessKernel } from "../structs/access.ts";
import type { MachineFunction } from "./module-indexes.ts";
import { ARGS_AT } from "./run-area.ts";
import { DST_PLACE } from "./write-arena.ts";

type Vm = BpfCpu<BpfKernel>;

/** Answers a number, or a boolean that counts as 0 or 1; or nothing. */
export type MachineCode = (...words: number[]) => number | boolean | undefined;

export function machineFunction(
  kernel: BpfKernel,
  wanted: MachineFunction,
  callbacks: readonly number[],
): MachineCode {
  const { jit } = kernel;
  switch (wanted.kind) {
    case "helper":
      return helperFunction(kernel, wanted.id, wanted.args);
    case "arena":
      return (op, s, k) => {
        const { memory } = kernel;
        const r = new Int32Array(memory.view.buffer, ARGS_AT, ARENA_REGISTERS * 2);
        jit.vm.at = -1;
        accessArena({ memory, machine: kernel }, r, op!, DST_PLACE, s!, k!);
        return undefined;
      };
    case "kernel":
      return (op, s, k) => {
        const registers = () =>
          new Int32Array(kernel.memory.view.buffer, ARGS_AT, ARENA_REGISTERS * 2);
        // What is read may let the memory grow, so the registers are copied.
        const r = registers().slice();
        accessKernel({ memory: kernel.memory, machine: kernel }, r, op!, DST_PLACE, s!, k!);
        registers().set(r);
        return undefined;
      };
    case "may-goto":
      return () => {
        jit.vm.at = -1;
        kernel.mayGotoTimedOut();
        return undefined;
      };
    case "tail-call":
      return (context, map, index) => jit.tailCall(context!, map!, index!);
    case "go-on":
      return (frame) => {
        jit.goOn(frame!);
        return undefined;
      };
    case "load-from-packet":
      return (offset, size) => {
        const { vm } = jit;
        return loadFromPacket(vm, offset!, size!) ? vm.r[0]! >>> 0 : -1;
      };
    case "begin":
      return beginFunction(kernel, wanted.id, callbacks);
    case "next":
      return (low, high) => (jit.callbacks.next(low!, high!) ? 1 : 0);
    case "result":
      return () => jit.callbacks.takeResult();
    case "throw":
      return (low, high) => jit.throwException(low!, high!);
  }
}

/** R0, the destination and the source. */
const ARENA_REGISTERS = 3;

type Word = number;

/** Puts the arguments where helpers look for them, as many as there are. */
function helperFunction({ jit }: BpfKernel, id: number, args: number) {
  const body = helperBodies[id]!;
  if (args <= 2) {
    return (a: Word, b: Word, c: Word, d: Word): number => {
      const vm = jit.asking();
      setTwo(vm, a, b, c, d);
      return body(vm);
    };
  }
  return (a: Word, b: Word, c: Word, d: Word, e: Word, f: Word, g = 0, h = 0, i = 0, j = 0) => {
    const vm = jit.asking();
    setTwo(vm, a, b, c, d);
    setOthers(vm, e, f, g, h, i, j);
    return body(vm);
  };
}

function beginFunction({ jit }: BpfKernel, id: number, callbacks: readonly number[]) {
  const begin = callingHelpers[id]!;
  return (...words: Word[]): number => {
    const vm = jit.asking();
    const [a, b, c, d, e, f, g, h, i, j, frame] = words as ElevenWords;
    setTwo(vm, a, b, c, d);
    setOthers(vm, e, f, g, h, i, j);
    const entry = jit.callbacks.begun(begin(vm, vm.cellOf(frame)));
    return entry < 0 ? -1 : callbacks.indexOf(entry / SLOT_WORDS);
  };
}

type FiveWords = [Word, Word, Word, Word, Word];
type ElevenWords = [...FiveWords, ...FiveWords, Word];

function setTwo({ r }: Vm, a: Word, b: Word, c: Word, d: Word): void {
  r[2] = a;
  r[3] = b;
  r[4] = c;
  r[5] = d;
}

function setOthers({ r }: Vm, e: Word, f: Word, g: Word, h: Word, i: Word, j: Word): void {
  r[6] = e;
  r[7] = f;
  r[8] = g;
  r[9] = h;
  r[10] = i;
  r[11] = j;
}
