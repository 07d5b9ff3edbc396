/** Programs laid out for runs under checks. */
import type { Insn } from "../../api.ts";
import { EBADF } from "../../include/errno.ts";
import {
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  isAddrSpaceCast,
  isLdImm64,
  isPseudoCall,
} from "../isa.ts";
import type { BpfKernel } from "../kernel.ts";
import { ArenaMap } from "../maps/arena.ts";
import type { KernelMap } from "../maps/map.ts";
import { OP, predecode, SLOT_WORDS } from "../predecode.ts";
import type { LoadedProgram } from "../program.ts";
import { CAST_TO_USER, encodingProblem } from "./encoding.ts";
import type { MemoryObject, ObjectTable } from "./objects.ts";

/** A program as `predecode()` lays it out, but that pointers carry the number of their object. */
export interface CheckedCode {
  readonly code: Int32Array;
  /** For texts, with what stands in the program that was given. */
  readonly insns: readonly Insn[];
  /** In slots, without the exit that stands behind. */
  readonly length: number;
  /** By slot: what is wrong with an instruction that is none. */
  readonly problems: ReadonlyMap<number, string>;
  /** Second halves of wide loads, where no jump may go. */
  readonly isSecondHalf: Uint8Array;
  readonly maps: readonly KernelMap[];
  /** First slots of functions whose address the program has. */
  readonly callbacks: readonly number[];
}

/** A negative errno when a map is not there. */
export function resolved(kernel: BpfKernel, insns: readonly Insn[]): CheckedCode | number {
  const problems = new Map<number, string>();
  const maps = new Set<KernelMap>();
  const callbacks = new Set<number>();
  const code = insns.map((insn) => ({ ...insn }));
  for (let slot = 0; slot < insns.length; slot++) {
    const insn = insns[slot]!;
    let problem = encodingProblem(insns, slot);
    const isWide = problem === "" && isLdImm64(insn);
    if (isWide && insn.srcReg === BPF_PSEUDO_FUNC) {
      const start = slot + insn.imm + 1;
      if (start < 0 || start >= insns.length) problem = "there is no such function";
      else {
        callbacks.add(start);
        code[slot]!.imm = kernel.addFunction(start * SLOT_WORDS);
      }
      code[slot + 1]!.imm = 0;
    } else if (isWide && insn.srcReg !== 0) {
      const map = kernel.mapOfFd(insn.imm);
      if (map === undefined) return -EBADF;
      maps.add(map);
      code[slot]!.imm = map.address;
      if (insn.srcReg === BPF_PSEUDO_MAP_VALUE) {
        const value = map.directValue();
        const off = insns[slot + 1]!.imm >>> 0;
        if (value === 0 || off >= map.attr.valueSize) problem = "the map has no value there";
        code[slot]!.imm = value + off;
      }
      code[slot + 1]!.imm = 0;
    } else if (isPseudoCall(insn) && !isInside(slot + 1 + insn.imm, insns.length)) {
      // Kept apart from other jumps, whose targets count only when they are taken.
      problem = "there is no function at that distance";
    }
    if (problem !== "") problems.set(slot, problem);
    if (isWide) slot++;
  }
  castInArena(code, problems, [...maps]);
  return laidOut(predecode(code), insns, problems, [...maps], [...callbacks]);
}

/** In the place of the upper half of addresses: the number of the arena. */
export const ARENA_TAG = -1;

/** Says with each cast what goes into the upper half of the address. */
function castInArena(
  code: { -readonly [Field in keyof Insn]: Insn[Field] }[],
  problems: Map<number, string>,
  maps: readonly KernelMap[],
): void {
  const arena = maps.find((map) => map instanceof ArenaMap);
  for (const [slot, insn] of code.entries()) {
    if (problems.has(slot) || !isAddrSpaceCast(insn)) continue;
    if (arena === undefined) problems.set(slot, "the program has no arena");
    else insn.imm = insn.imm === CAST_TO_USER ? arena.userHigh : ARENA_TAG;
  }
}

function isInside(slot: number, length: number): boolean {
  return slot >= 0 && slot < length;
}

function laidOut(
  code: Int32Array,
  insns: readonly Insn[],
  problems: ReadonlyMap<number, string>,
  maps: readonly KernelMap[],
  callbacks: readonly number[],
): CheckedCode {
  const { length } = insns;
  const isSecondHalf = new Uint8Array(length + 1);
  for (const slot of problems.keys()) code[slot * SLOT_WORDS] = OP.INVALID;
  for (let slot = 0; slot < length; slot++) {
    if (code[slot * SLOT_WORDS] === 0x18) isSecondHalf[++slot] = 1;
  }
  return { code, insns, length, problems, isSecondHalf, maps, callbacks };
}

/** What gives numbers to what wide loads point to. */
export interface CodeObjects {
  readonly objects: ObjectTable;
  mapObject(map: KernelMap): MemoryObject;
  valueObject(map: KernelMap, value: number): MemoryObject;
  functionObject(address: number): MemoryObject;
}

/** The same with pointers that carry the number of what they point to. */
export function tagged(plain: CheckedCode, run: CodeObjects): CheckedCode {
  const code = plain.code.slice();
  for (let slot = 0; slot < plain.length; slot++) {
    const at = slot * SLOT_WORDS;
    if (code[at] !== 0x18) continue;
    const { srcReg } = plain.insns[slot]!;
    const address = code[at + 2]!;
    const object = srcReg === 0 ? undefined : objectOf(srcReg, address, plain.maps, run);
    if (object !== undefined) code[at + 3] = object.tag;
  }
  return { ...plain, code };
}

function objectOf(
  pseudo: number,
  address: number,
  maps: readonly KernelMap[],
  run: CodeObjects,
): MemoryObject | undefined {
  if (pseudo === BPF_PSEUDO_FUNC) return run.functionObject(address);
  if (pseudo === BPF_PSEUDO_MAP_FD) {
    const map = maps.find((one) => one.address === address);
    return map && run.mapObject(map);
  }
  const map = maps.find((one) => {
    const value = one.directValue();
    return value !== 0 && address >= value && address < value + one.attr.valueSize;
  });
  return map && run.valueObject(map, map.directValue());
}

/** A program that the verifier has accepted, where a tail call leads to it. */
export function acceptedCode(prog: LoadedProgram): CheckedCode {
  return laidOut(prog.code.slice(), prog.runInsns, new Map(), prog.maps, prog.callbacks);
}
