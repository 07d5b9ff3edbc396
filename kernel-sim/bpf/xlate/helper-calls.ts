/**
 * Calls of helpers: short ones stand in the program itself, maps are asked by their own functions.
 *
 * @linux kernel/bpf/verifier.c `do_misc_fixups` (6.18)
 */
import type { Insn } from "../../api.ts";
import * as uapi from "../uapi.ts";
import type { InsnAux } from "../verifier/env.ts";
import * as i from "./insns.ts";
import { kernelFunction } from "./kernel-functions.ts";
import { inlinedLookup } from "./lookups.ts";
import { mapFunction } from "./map-functions.ts";

/** What a call hangs on beside its instruction. */
export interface HelperTarget {
  readonly progType: number;
  readonly expectedAttachType: number;
  readonly isSleepable: boolean;
}

const MAP_LOOKUP_ELEM = 1;
const GET_SMP_PROCESSOR_ID = 8;
const TAIL_CALL = 12;
const JIFFIES64 = 118;
const PER_CPU_PTR = 153;
const THIS_CPU_PTR = 154;
const TIMER_SET_CALLBACK = 170;
const GET_FUNC_IP = 173;
const GET_BRANCH_SNAPSHOT = 176;
const GET_FUNC_ARG = 183;
const GET_FUNC_RET = 184;
const GET_FUNC_ARG_CNT = 185;
const KPTR_XCHG = 194;
/** Of sockets, inodes, tasks and control groups. */
const STORAGE_GETS: ReadonlySet<number> = new Set([107, 145, 156, 210]);

const GFP_ATOMIC = 0x820;
const GFP_KERNEL = 0xcc0;
const ENOENT = 2;
const EINVAL = 22;
const EOPNOTSUPP = 95;

export function helperCall(insn: Insn, aux: InsnAux, target: HelperTarget): readonly Insn[] {
  const { imm } = insn;
  if (STORAGE_GETS.has(imm)) {
    const isAtomic = !target.isSleepable || aux.isStorageGetAtomic;
    return [i.aluImm(i.MOV, 5, isAtomic ? GFP_ATOMIC : GFP_KERNEL), insn];
  }
  if (target.progType === uapi.BPF_PROG_TYPE_TRACING) {
    const inlined = tracingCall(imm, target.expectedAttachType);
    if (inlined !== undefined) return inlined;
  }
  switch (imm) {
    case TAIL_CALL:
      return tailCall(insn, aux);
    case TIMER_SET_CALLBACK:
      return [...i.kernelAddress(3), insn];
    case PER_CPU_PTR:
    case THIS_CPU_PTR:
      return aux.takesPercpuObject ? [i.load(i.DW, 1, 1, 0), insn] : [insn];
    case GET_SMP_PROCESSOR_ID:
      return [i.aluImm(i.MOV, 0, 0), i.percpuAddress(0, 0), i.load(i.W, 0, 0, 0)];
    case JIFFIES64:
      return [...i.kernelAddress(0), i.load(i.DW, 0, 0, 0)];
    case GET_BRANCH_SNAPSHOT:
      return branchSnapshot();
    case KPTR_XCHG:
      return [i.aluReg(i.MOV, 0, 2), i.raw(0xdb, 1, 0, 0, XCHG)];
    default:
      return mapCall(insn, aux);
  }
}

const XCHG = 0xe1;

/** A map that is always the same one is asked in its own way. */
function mapCall(insn: Insn, { calledMap }: InsnAux): readonly Insn[] {
  if (calledMap == null) return [insn];
  const inlined = insn.imm === MAP_LOOKUP_ELEM ? inlinedLookup(calledMap) : undefined;
  if (inlined !== undefined) return inlined;
  const func = mapFunction(calledMap.type, insn.imm);
  return [func === undefined ? insn : { ...insn, imm: kernelFunction(func) }];
}

/** On a wrong guess the index stays within the array, unless its maker may know what is behind. */
function tailCall(insn: Insn, { calledMap }: InsnAux): readonly Insn[] {
  if (calledMap == null || calledMap.bypassSpecV1) return [insn];
  const { maxEntries } = calledMap;
  return [
    i.jumpImm(i.JGE, 3, maxEntries | 0, 2),
    i.aluImm(i.AND, 3, i.indexMask(maxEntries), false),
    insn,
  ];
}

/** Programs at functions find what they ask for beside their context. */
function tracingCall(helper: number, attachType: number): readonly Insn[] | undefined {
  const count = i.load(i.DW, 0, 1, -8);
  switch (helper) {
    case GET_FUNC_ARG:
      return [
        count,
        i.raw(0x3e, 2, 0, 6),
        i.aluImm(i.LSH, 2, 3),
        i.aluReg(i.ADD, 2, 1),
        i.load(i.DW, 0, 2, 0),
        i.raw(0x7b, 3, 0, 0),
        i.aluImm(i.MOV, 0, 0),
        i.jump(1),
        i.aluImm(i.MOV, 0, -EINVAL),
      ];
    case GET_FUNC_RET:
      if (attachType !== uapi.BPF_TRACE_FEXIT && attachType !== uapi.BPF_MODIFY_RETURN) {
        return [i.aluImm(i.MOV, 0, -EOPNOTSUPP)];
      }
      return [
        count,
        i.aluImm(i.LSH, 0, 3),
        i.aluReg(i.ADD, 0, 1),
        i.load(i.DW, 3, 0, 0),
        i.raw(0x7b, 2, 3, 0),
        i.aluImm(i.MOV, 0, 0),
      ];
    case GET_FUNC_ARG_CNT:
      return [count];
    case GET_FUNC_IP:
      return [i.load(i.DW, 0, 1, -16)];
    default:
      return undefined;
  }
}

/** `sizeof(struct perf_branch_entry)`; a division by it is a product and a shift. */
const BRANCH_ENTRY_BYTES = 24;
const INVERSE_OF_3 = 0xaaaa_aaab;

/** The machine records no branches. */
function branchSnapshot(): readonly Insn[] {
  return [
    i.jumpImm(i.JNE, 3, 0, 7),
    i.aluImm(i.MOV, 0, INVERSE_OF_3 | 0, false),
    i.aluReg(i.MUL, 2, 0),
    i.aluImm(i.RSH, 2, 36),
    i.call(kernelFunction("__static_call_return0")),
    i.jumpImm(i.JEQ, 0, 0, 4),
    i.aluImm(i.MUL, 0, BRANCH_ENTRY_BYTES, false),
    i.jump(3),
    i.aluImm(i.MOV, 0, -EINVAL),
    i.jump(1),
    i.aluImm(i.MOV, 0, -ENOENT),
  ];
}
