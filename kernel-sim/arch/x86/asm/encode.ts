/** From an instruction's name and operands to its bytes. */
import { EBP, ESP, SS } from "../registers.ts";
import type { Expr, Value } from "./expression.ts";
import { FORMS, type Form } from "./forms.ts";
import type { MemoryOperand, Operand } from "./operand.ts";

/** A place in the bytes whose value is found when everything has its address. */
export interface Fixup {
  readonly offset: number;
  readonly bytes: 1 | 2 | 4;
  readonly value: Expr;
  /** The distance from the end of the field, not the value itself. */
  readonly isRelative: boolean;
  /** A number of 8 bits that the processor extends with its sign. */
  readonly isSigned: boolean;
  readonly at: number;
}

export interface Encoded {
  readonly bytes: number[];
  readonly fixups: Fixup[];
  /** A jump whose distance may have 8 bits or 32. */
  readonly jump: { readonly target: Expr; readonly at: number } | undefined;
}

/** The value of an expression as far as it is known while a statement is read. */
export type Known = (expr: Expr) => Value | undefined;

const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/**
 * The shortest encoding, or a text that says why there is none.
 *
 * @param bits what a suffix said about the operand size; 0 if nothing did.
 * @param prefixes bytes that were written as words of their own.
 */
export function encodeInstruction(
  name: string,
  operands: readonly Operand[],
  bits: number,
  prefixes: readonly number[],
  known: Known,
): Encoded | string {
  const forms = FORMS.get(name);
  if (forms === undefined) return `${name} is not an instruction of this processor`;
  const hasBytesOnly = forms.every((form) => form.size === 8);
  let isAmbiguous = false;
  for (const form of forms) {
    if (form.operands.length !== operands.length) continue;
    const size = sizeFor(form, operands, bits, hasBytesOnly);
    if (size === undefined) continue;
    if (!form.operands.every((kind, i) => fits(kind, operands[i]!, size, known))) continue;
    if (size === "unknown") {
      isAmbiguous = true;
      continue;
    }
    return encodeForm(form, operands, size, prefixes, known);
  }
  if (isAmbiguous) {
    return `the size of the operand is not known: write byte ptr, word ptr or dword ptr, or a suffix (${name}b, ${name}w, ${name}l)`;
  }
  const counts = [...new Set(forms.map((form) => form.operands.length))];
  if (!counts.includes(operands.length)) {
    return `${name} takes ${counts.join(" or ")} operand${counts.join() === "1" ? "" : "s"}, not ${operands.length}`;
  }
  return `${name} cannot have these operands: ${operands.map(describe).join(", ")}`;
}

type Size = 8 | 16 | 32 | "unknown";

/** The operand size of a form, undefined when its operands contradict it. */
function sizeFor(
  form: Form,
  operands: readonly Operand[],
  bits: number,
  hasBytesOnly: boolean,
): Size | undefined {
  if (form.size === 0) {
    const isFine = bits === 0 || bits === 32 || form.operands.some((k) => k.endsWith(`${bits}`));
    return isFine ? 32 : undefined;
  }
  const wanted = new Set<number>();
  if (bits !== 0) wanted.add(bits);
  form.operands.forEach((kind, i) => {
    const operand = operands[i]!;
    const counts = form.size === "v" ? kind.endsWith("v") : kind.endsWith("8") || kind === "r16";
    if (!counts || kind === "imm8") return;
    if (operand.kind === "register" && operand.of !== "sreg") wanted.add(registerBits(operand.of));
    if (operand.kind === "memory" && operand.bits !== 0) wanted.add(operand.bits);
  });
  if (form.size !== "v") {
    wanted.delete(form.size);
    if (wanted.size > 0) return undefined;
    const isSaid = hasBytesOnly || bits !== 0 || operands.some((operand) => hasSize(operand));
    return isSaid ? form.size : "unknown";
  }
  if (wanted.size > 1) return undefined;
  const [size] = wanted;
  if (size === 8) return undefined;
  if (size === undefined) return isAlwaysWhole(form) ? 32 : "unknown";
  return size === 16 || size === 32 ? size : undefined;
}

function hasSize(operand: Operand): boolean {
  return operand.kind === "register" || (operand.kind === "memory" && operand.bits !== 0);
}

/** PUSH and POP move a whole word unless they are told otherwise. */
function isAlwaysWhole(form: Form): boolean {
  const [byte] = form.bytes;
  return byte === 0x68 || byte === 0x6a || byte === 0x8f || (byte === 0xff && form.modrm === 6);
}

function registerBits(of: string): number {
  return of === "r8" ? 8 : of === "r16" ? 16 : 32;
}

function fits(kind: string, operand: Operand, size: Size, known: Known): boolean {
  const bits = kind.endsWith("v") ? size : Number(/[0-9]+$/.exec(kind)?.[0] ?? 0);
  const base = kind.replace(/(?:[0-9]+|v)$/, "");
  switch (operand.kind) {
    case "register":
      switch (base) {
        case "r":
        case "rm":
          return bits === "unknown" || operand.of === `r${bits}`;
        case "acc":
          return operand.number === 0 && (bits === "unknown" || operand.of === `r${bits}`);
        case "cl":
          return operand.of === "r8" && operand.number === 1;
        case "dx":
          return operand.of === "r16" && operand.number === 2;
        case "es":
        case "cs":
        case "ss":
        case "ds":
        case "fs":
        case "gs":
          return operand.of === "sreg" && SEGMENT_NAMES[operand.number] === base;
        default:
          return operand.of === kind;
      }
    case "immediate":
      if (kind === "1") return constant(operand.value, known) === 1;
      if (base === "imms") return isSigned8(constant(operand.value, known), size);
      return base === "imm" && isImmediate(operand.value, bits, known);
    case "memory":
      if (base === "off") return operand.base === undefined && operand.index === undefined;
      if (base === "m" || base === "rm") {
        return bits === 0 || operand.bits === 0 || bits === "unknown" || operand.bits === bits;
      }
      // A far pointer in memory must say that it is one.
      return kind === "mfar" && (operand.bits === 48 || operand.bits === 0);
    case "target":
      return kind === "rel";
    case "far":
      return kind === "far";
  }
}

const SEGMENT_NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];

function constant(expr: Expr, known: Known): number | undefined {
  const value = known(expr);
  return value === undefined || value.symbol !== undefined ? undefined : value.value;
}

/** Whether a known number is one of 8 signed bits, in the operand's own width. */
function isSigned8(value: number | undefined, size: Size): boolean {
  if (value === undefined) return false;
  const wrapped = size === 16 ? (value << 16) >> 16 : value | 0;
  const isInRange = size === 16 ? value >= -0x8000 && value <= 0xffff : isWord(value);
  return isInRange && wrapped >= -128 && wrapped <= 127;
}

function isWord(value: number): boolean {
  return value >= -0x80000000 && value <= 0xffffffff;
}

function isImmediate(expr: Expr, bits: number | "unknown", known: Known): boolean {
  const value = constant(expr, known);
  if (value === undefined || bits === "unknown") return true;
  return value >= -(2 ** (bits - 1)) && value < 2 ** bits;
}

function encodeForm(
  form: Form,
  operands: readonly Operand[],
  size: 8 | 16 | 32,
  prefixes: readonly number[],
  known: Known,
): Encoded {
  const bytes: number[] = [];
  const fixups: Fixup[] = [];
  const memory = operands.find((operand) => operand.kind === "memory");
  const segments = prefixes.filter((byte) => SEGMENT_PREFIXES.includes(byte));
  const own = segmentPrefix(memory);
  const rest = prefixes.filter((byte) => !SEGMENT_PREFIXES.includes(byte));
  // GNU as writes prefixes in this order, however they were given.
  bytes.push(...segments, ...(own === undefined ? [] : [own]));
  bytes.push(...rest.filter((byte) => byte === 0x67));
  const opcode = [...form.bytes];
  if (opcode[0] === 0x66 || opcode[0] === 0x67) bytes.push(opcode.shift()!);
  if ((size === 16 && form.size !== 0) || rest.includes(0x66)) bytes.push(0x66);
  bytes.push(...rest.filter((byte) => byte === 0xf3 || byte === 0xf2));
  bytes.push(...rest.filter((byte) => byte === 0xf0));
  if (form.prefix !== undefined) bytes.push(form.prefix);
  bytes.push(...opcode);

  const isRegisterKind = (kind: string): boolean => /^(?:r(?:8|16|32|v)|sreg|cr|dr)$/.test(kind);
  if (form.plusRegister) {
    const index = form.operands.findIndex((kind) => isRegisterKind(kind));
    bytes.push(bytes.pop()! + numberOf(operands[index]!));
  }
  if (form.modrm !== undefined) encodeModrm(form, operands, bytes, fixups, known);
  const offset = operands.find(
    (operand, i): operand is Operand & MemoryOperand =>
      operand.kind === "memory" && form.operands[i]!.startsWith("off"),
  );
  if (offset !== undefined) {
    put(bytes, fixups, 4, offset.displacement ?? ZERO, offset.at, false, false);
  }
  return encodeTail(form, operands, size, bytes, fixups);
}

const ZERO: Expr = { kind: "number", value: 0 };

function numberOf(operand: Operand): number {
  return operand.kind === "register" ? operand.number : 0;
}

/** Immediates, distances and far pointers. */
function encodeTail(
  form: Form,
  operands: readonly Operand[],
  size: 8 | 16 | 32,
  bytes: number[],
  fixups: Fixup[],
): Encoded {
  const immediates = operands.filter((operand) => operand.kind === "immediate");
  let next = 0;
  const isSignedByte = form.operands.some((kind) => kind.startsWith("imms"));
  for (const part of form.tail) {
    const target = operands.find((operand) => operand.kind === "target");
    const far = operands.find((operand) => operand.kind === "far");
    if (part === "jb" && target?.kind === "target") {
      const isJump = bytes.at(-1) === 0xeb || (bytes.at(-1)! & 0xf0) === 0x70;
      if (isJump && !target.isShort) {
        return { bytes, fixups, jump: { target: target.value, at: target.at } };
      }
      put(bytes, fixups, 1, target.value, target.at, true, true);
    } else if (part === "jv" && target?.kind === "target") {
      put(bytes, fixups, 4, target.value, target.at, true, false);
    } else if (far?.kind === "far") {
      put(
        bytes,
        fixups,
        part === "iw" ? 2 : 4,
        part === "iw" ? far.selector : far.offset,
        far.at,
        false,
        false,
      );
    } else {
      const immediate = immediates[next++];
      if (immediate?.kind !== "immediate") continue;
      const width = part === "ib" ? 1 : part === "iw" || size === 16 ? 2 : 4;
      put(bytes, fixups, width, immediate.value, immediate.at, false, isSignedByte);
    }
  }
  return { bytes, fixups, jump: undefined };
}

function put(
  bytes: number[],
  fixups: Fixup[],
  width: 1 | 2 | 4,
  value: Expr,
  at: number,
  isRelative: boolean,
  isSigned: boolean,
): void {
  fixups.push({ offset: bytes.length, bytes: width, value, isRelative, isSigned, at });
  for (let i = 0; i < width; i++) bytes.push(0);
}

function segmentPrefix(memory: Operand | undefined): number | undefined {
  if (memory?.kind !== "memory" || memory.segment === undefined) return undefined;
  const usual = memory.base === EBP || memory.base === ESP ? SS : 3;
  return memory.segment === usual ? undefined : SEGMENT_PREFIXES[memory.segment];
}

function encodeModrm(
  form: Form,
  operands: readonly Operand[],
  bytes: number[],
  fixups: Fixup[],
  known: Known,
): void {
  const kinds = form.operands;
  let rmIndex = kinds.findIndex((kind) => /^(?:rm|m)/.test(kind));
  let regIndex = kinds.findIndex((kind, i) => i !== rmIndex && /^(?:r|sreg|cr|dr)/.test(kind));
  if (rmIndex < 0) {
    // Between two registers of different kinds the general one is ModRM's `rm`.
    const general = kinds.findIndex((kind) => /^r(?:8|16|32|v)$/.test(kind));
    const special = kinds.findIndex((kind) => /^(?:sreg|cr|dr)$/.test(kind));
    rmIndex = special >= 0 || form.modrm !== "r" ? general : lastRegister(kinds);
    regIndex = special >= 0 ? special : general;
    // LAR with a 32-bit source, and IMUL by a number: the destination comes first.
  }
  const reg = form.modrm === "r" ? numberOf(operands[regIndex]!) : form.modrm!;
  const rm = operands[rmIndex]!;
  if (rm.kind !== "memory") {
    bytes.push(0xc0 | (reg << 3) | numberOf(rm));
    return;
  }
  encodeMemory(rm, reg, bytes, fixups, known);
}

function lastRegister(kinds: readonly string[]): number {
  return kinds.findLastIndex((kind) => /^r(?:8|16|32|v)$/.test(kind));
}

function encodeMemory(
  memory: MemoryOperand & { readonly at: number },
  reg: number,
  bytes: number[],
  fixups: Fixup[],
  known: Known,
): void {
  const { base, index, scale, displacement } = memory;
  const field = reg << 3;
  const sib = (from: number): number => {
    return ((31 - Math.clz32(scale)) << 6) | ((index ?? ESP) << 3) | from;
  };
  const needsSib = index !== undefined || base === ESP;
  if (base === undefined) {
    if (needsSib) bytes.push(field | 4, sib(EBP));
    else bytes.push(field | 5);
    put(bytes, fixups, 4, displacement ?? ZERO, memory.at, false, false);
    return;
  }
  const value = displacement === undefined ? 0 : constant(displacement, known);
  const isNone = value === 0 && base !== EBP;
  const isShort = value !== undefined && (value | 0) >= -128 && (value | 0) <= 127;
  const mod = isNone ? 0 : isShort ? 0x40 : 0x80;
  if (needsSib) bytes.push(mod | field | 4, sib(base));
  else bytes.push(mod | field | base);
  if (isNone) return;
  if (isShort) bytes.push(value & 0xff);
  else put(bytes, fixups, 4, displacement ?? ZERO, memory.at, false, false);
}

function describe(operand: Operand): string {
  switch (operand.kind) {
    case "register":
      return operand.of === "sreg" ? "a segment register" : `a register (${operand.of})`;
    case "immediate":
      return "a number";
    case "memory":
      return operand.bits === 0 ? "memory" : `memory of ${operand.bits} bits`;
    case "target":
      return "a label";
    case "far":
      return "a far pointer";
  }
}
