import { BPF_REG_SIZE, MAX_BPF_REG } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import {
  add,
  eq,
  fromS32,
  fromU32,
  hexText,
  type Int64,
  isZero,
  S64_MAX,
  S64_MIN,
  U64_MAX,
} from "./int64.ts";
import { BPF_ADD_CONST, type Reg, S32_MAX, S32_MIN, U32_MAX } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  NON_OWN_REF,
  NOT_INIT,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_TO_STACK,
  regTypeStr,
  SCALAR_VALUE,
  typeIsMapPtr,
  typeIsPktPointer,
} from "./reg-type.ts";
import { dynptrTypeStr } from "./stack-object.ts";
import { lowestByteType, type Slot, STACK_DYNPTR, STACK_SPILL, slotType } from "./states.ts";
import { tnumIsConst, tnumIsUnknown, tnumText } from "./tnum.ts";
import type { VerifierState } from "./verifier-state.ts";

/** Small numbers are decimal, others hexadecimal. @linux kernel/bpf/log.c `verbose_snum` (6.18) */
function snumText(a: Int64): string {
  return a.hi === a.lo >> 31 && isDecimal(a.lo) ? String(a.lo) : hexText(a);
}

function isDecimal(n: number): boolean {
  return n >= -0x8000 && n <= 0x7fff;
}

function unumText(a: Int64): string {
  return a.hi === 0 && a.lo >= 0 && a.lo <= 0xffff ? String(a.lo) : hexText(a);
}

/** By byte kind. */
const SLOT_TYPE_CHARS = "?rm0dif";

/**
 * A register as the log shows it, e.g. `scalar(smin=0,smax=umax=15,var_off=(0x0; 0xf))`.
 *
 * @linux kernel/bpf/log.c `print_reg_state` (6.18)
 */
export function regText(reg: Reg, frameno: number): string {
  const { type } = reg;
  const base = baseType(type);
  const isConst = tnumIsConst(reg.varOff);
  if (type === SCALAR_VALUE) {
    const precise = reg.precise ? "P" : "";
    if (isConst) return precise + snumText(reg.varOff.value);
    return `${precise}scalar(${attributes(reg, base, isConst).join(",")})`;
  }
  let text = regTypeStr(type);
  if (type === PTR_TO_ARENA) return text;
  if (type === PTR_TO_STACK) {
    if (reg.frameno !== frameno) text += `[${reg.frameno}]`;
    if (isConst) return text + snumText(add(reg.varOff.value, fromS32(reg.off)));
  }
  if (base === PTR_TO_BTF_ID) text += reg.btfType;
  return `${text}(${attributes(reg, base, isConst).join(",")})`;
}

function attributes(reg: Reg, base: number, isConst: boolean): string[] {
  const parts: string[] = [];
  if (reg.id !== 0) {
    const distance = (reg.id & BPF_ADD_CONST) !== 0 ? signed(reg.off) : "";
    parts.push(`id=${reg.id & ~BPF_ADD_CONST}${distance}`);
  }
  if (reg.refObjId !== 0) parts.push(`ref_obj_id=${reg.refObjId}`);
  if ((reg.type & NON_OWN_REF) !== 0) parts.push("non_own_ref");
  if (typeIsMapPtr(reg.type) && reg.map !== null) {
    const { name, keySize, valueSize } = reg.map;
    if (name !== "") parts.push(`map=${name}`);
    parts.push(`ks=${keySize},vs=${valueSize}`);
  }
  if (reg.type !== SCALAR_VALUE && reg.off !== 0) parts.push(`off=${snumText(fromS32(reg.off))}`);
  if (typeIsPktPointer(reg.type)) parts.push(`r=${unumText(fromS32(reg.range))}`);
  if (base === PTR_TO_MEM) parts.push(`sz=${unumText(fromU32(reg.memSize))}`);
  if (reg.type === CONST_PTR_TO_DYNPTR && reg.object?.kind === "dynptr") {
    parts.push(`type=${dynptrTypeStr(reg.object.type)}`);
  }
  if (isConst) {
    if (!isZero(reg.varOff.value)) parts.push(`imm=${snumText(reg.varOff.value)}`);
    return parts;
  }
  parts.push(...rangeTexts(reg));
  if (!tnumIsUnknown(reg.varOff)) parts.push(`var_off=${tnumText(reg.varOff)}`);
  return parts;
}

function signed(n: number): string {
  return n < 0 ? String(n) : `+${n}`;
}

const BOUND_NAMES = ["smin", "smax", "umin", "umax", "smin32", "smax32", "umin32", "umax32"];

/** Bounds 0, 1, 4 and 5 are signed. */
function isSigned(bound: number): boolean {
  return (bound & 2) === 0;
}

/** Bounds that say something; equal ones together, as `smax=umax=15`. */
function rangeTexts(reg: Reg): string[] {
  const values: (Int64 | undefined)[] = [
    eq(reg.smin, S64_MIN) ? undefined : reg.smin,
    eq(reg.smax, S64_MAX) ? undefined : reg.smax,
    isZero(reg.umin) ? undefined : reg.umin,
    eq(reg.umax, U64_MAX) ? undefined : reg.umax,
    reg.s32Min === S32_MIN ? undefined : shownS32(reg.s32Min),
    reg.s32Max === S32_MAX ? undefined : shownS32(reg.s32Max),
    reg.u32Min === 0 ? undefined : fromU32(reg.u32Min),
    reg.u32Max === U32_MAX ? undefined : fromU32(reg.u32Max),
  ];
  const texts: string[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    let text = `${BOUND_NAMES[i]}=`;
    for (let other = i + 2; other < values.length; other += 2) {
      const candidate = values[other];
      if (candidate === undefined || !eq(value, candidate)) continue;
      // The same bits are two numbers when only one of them is negative.
      if (value.hi < 0 && isSigned(i) !== isSigned(other)) continue;
      values[other] = undefined;
      text += `${BOUND_NAMES[other]}=`;
    }
    texts.push(text + (isSigned(i) ? snumText(value) : unumText(value)));
  }
  return texts;
}

/** What is hexadecimal has the 8 digits of a 32-bit number, also when it is negative. */
function shownS32(n: number): Int64 {
  return isDecimal(n) ? fromS32(n) : fromU32(n);
}

/** An object of the kernel, at its main slot. */
function objectText({ object, id, refObjId }: Reg): string {
  switch (object?.kind) {
    case "dynptr": {
      if (!object.isFirstSlot) return "";
      const parts: string[] = [];
      if (id !== 0) parts.push(`id=${id}`);
      if (refObjId !== 0) parts.push(`ref_id=${refObjId}`);
      // Linux prints what lies where another kind of register has this id: whether it is the first slot.
      parts.push("dynptr_id=1");
      return `dynptr_${dynptrTypeStr(object.type)}(${parts.join(",")})`;
    }
    case "iter":
      if (refObjId === 0) return "";
      return `iter_${object.name}(ref_id=${refObjId},state=${object.state},depth=${object.depth})`;
    default:
      return "ffffffff";
  }
}

/** A stack slot as the log shows it, or "" for one that holds nothing, or a part of an object. */
export function slotText(slot: Slot, frameno: number): string {
  if (slot.types === 0) return "";
  if (lowestByteType(slot) >= STACK_DYNPTR) return objectText(slot.spilled);
  let chars = "";
  for (let byte = 0; byte < BPF_REG_SIZE; byte++) {
    const type = slotType(slot, byte);
    // What lies above a spill of fewer bytes comes first.
    if (slot.types >>> 28 === STACK_SPILL && type === STACK_SPILL) {
      return chars + regText(slot.spilled, frameno);
    }
    chars += SLOT_TYPE_CHARS[type];
  }
  return chars;
}

/** @linux kernel/bpf/log.c `print_verifier_state` (6.18) */
export function printVerifierState(
  env: VerifierEnv,
  state: VerifierState,
  frameno: number,
  isWhole: boolean,
): void {
  const frame = state.frames[frameno]!;
  let text = frame.frameno === 0 ? "" : ` frame${frame.frameno}:`;
  for (let i = 0; i < MAX_BPF_REG; i++) {
    const reg = frame.reg(i);
    if (reg.type === NOT_INIT) continue;
    if (!isWhole && ((env.scratchedRegs >> i) & 1) === 0) continue;
    text += ` R${i}=${regText(reg, frame.frameno)}`;
  }
  for (let i = 0; i < frame.slots; i++) {
    if (!isWhole && !env.isSlotScratched(i)) continue;
    const shown = slotText(frame.slot(i), frame.frameno);
    if (shown !== "") text += ` fp${-(i + 1) * BPF_REG_SIZE}=${shown}`;
  }
  const refs = state.refs.filter(({ id }) => id !== 0);
  if (state.refs.length > 0 && state.refs[0]!.id !== 0) {
    text += ` refs=${refs.map(({ id }) => id).join(",")}`;
  }
  if (frame.inCallbackFn) text += " cb";
  if (frame.inAsyncCallbackFn) text += " async_cb";
  env.verbose(`${text}\n`);
  if (!isWhole) env.markStateClean();
}

const ALIGNMENT = 40;
const MIN_ALIGNMENT = 8;

/** How many blanks follow an instruction, so that states stand in a column. */
function vlogAlignment(pos: number): number {
  const column = Math.max(pos + MIN_ALIGNMENT / 2, ALIGNMENT);
  return Math.ceil(column / MIN_ALIGNMENT) * MIN_ALIGNMENT - pos - 1;
}

/** What the instruction changed, behind it. @linux kernel/bpf/log.c `print_insn_state` (6.18) */
export function printInsnState(env: VerifierEnv, state: VerifierState, frameno: number): void {
  if (env.prevLogPos !== 0 && env.prevLogPos === env.log.endPos) {
    env.log.reset(env.prevLogPos - 1);
    env.verbose(`${" ".repeat(Math.max(1, vlogAlignment(env.prevInsnPrintPos)))};`);
  } else {
    env.verbose(`${env.insnIdx}:`);
  }
  printVerifierState(env, state, frameno, false);
}
