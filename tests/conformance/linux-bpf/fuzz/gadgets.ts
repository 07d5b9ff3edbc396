/** Short stretches of code around one rule of the verifier each. */
import type { InsnSize } from "../../../../kernel-sim/api.ts";
import { insnBuilders as build } from "../../../../kernel-sim/bpf/builder.ts";
import {
  ALU,
  BYTES,
  CONDITIONS,
  type Gadget,
  type Generator,
  helperId,
  type Kind,
  MAPS,
  SIZES,
  type WeightedGadget,
} from "./generator.ts";

/** Arithmetic on numbers, 64 and 32 bits wide. */
const alu: Gadget = (g) => {
  const { code, dice } = g;
  const dst = g.scalar();
  const op = dice.pick(ALU);
  const isNarrow = dice.percent(40);
  if (dice.percent(45)) {
    const src = g.scalar();
    code.emit(isNarrow ? build.alu32Reg(op, dst, src) : build.alu64Reg(op, dst, src));
  } else {
    const isShift = op.endsWith("<<") || op.endsWith(">>");
    const imm = isShift && dice.percent(95) ? dice.below(isNarrow ? 32 : 64) : dice.imm();
    code.emit(isNarrow ? build.alu32Imm(op, dst, imm) : build.alu64Imm(op, dst, imm));
  }
  g.set(dst, "scalar");
};

const move: Gadget = (g) => {
  const { code, dice } = g;
  const src = dice.percent(70) ? g.scalar() : dice.below(11);
  const dst = g.target();
  const kind = src === 10 ? "fp" : (g.kinds[src] as Kind);
  const choice = dice.below(10);
  if (choice < 5) code.emit(build.mov64Reg(dst, src));
  else if (choice < 7) code.emit(build.mov32Reg(dst, src));
  else if (choice < 9) code.emit(build.movsx64Reg(dst, src, dice.pick([8, 16, 32])));
  else code.emit(build.movsx32Reg(dst, src, dice.pick([8, 16])));
  g.set(dst, choice < 5 ? kind : "scalar");
};

const swapBytes: Gadget = (g) => {
  const reg = g.scalar();
  const bits = g.dice.pick([16, 32, 64]);
  g.code.emit(g.dice.pick([build.toBe, build.toLe, build.bswap])(reg, bits));
};

const negate: Gadget = (g) => {
  g.code.emit(g.dice.pick([build.neg64, build.neg32])(g.scalar()));
};

/** Makes a number small enough for an index, in one of the ways that programs do. */
export function bound(g: Generator, reg: number, limit: number, out: (g: Generator) => void): void {
  const { code, dice } = g;
  const choice = dice.below(8);
  if (choice < 3)
    code.emit(
      build.alu64Imm(
        "&",
        reg,
        dice.percent(85) ? maskBelow(limit) : dice.pick([limit - 1, limit, 31]),
      ),
    );
  else if (choice === 3) code.emit(build.alu64Imm("%", reg, Math.max(limit, 1)));
  else if (choice === 4)
    code.emit(
      build.alu64Imm(">>", reg, limit >= 64 ? dice.pick([58, 59]) : dice.pick([60, 61, 62])),
    );
  else {
    const skip = code.label();
    const isNarrow = dice.percent(12);
    const condition = dice.pick(["<", "<=", "<", "s<", "s<="]);
    const value = limit - (condition.endsWith("=") ? 1 : 0) + dice.pick([0, 0, 0, 0, 0, 0, -1, 1]);
    code.jump(
      isNarrow ? build.jmp32Imm(condition, reg, value, 0) : build.jmpImm(condition, reg, value, 0),
      skip,
    );
    out(g);
    code.place(skip);
    if (condition.startsWith("s") && dice.percent(85)) {
      const positive = code.label();
      code.jump(build.jmpImm("s>=", reg, dice.percent(90) ? 0 : dice.pick([-1, 1]), 0), positive);
      out(g);
      code.place(positive);
    }
  }
  g.set(reg, "small");
}

/** The largest mask of low bits under which every number is smaller than `limit`. */
function maskBelow(limit: number): number {
  return limit <= 1 ? 0 : 2 ** Math.floor(Math.log2(limit)) - 1;
}

/** Leaves the function at once. */
export function leave(g: Generator): void {
  g.code.emit(build.mov64Imm(0, g.dice.below(3)), build.exit());
}

/** Reads or writes through a pointer. */
export function access(g: Generator, ptr: number, room: number): void {
  const { code, dice } = g;
  const size = dice.pick(SIZES);
  const bytes = BYTES[size];
  const last = Math.max(0, room - bytes);
  let off = dice.below(last + 1);
  if (dice.percent(60)) off -= off % bytes;
  if (dice.percent(5)) off = last + dice.pick([1, bytes, -last - 1]);
  const choice = dice.below(10);
  if (choice < 5) {
    const dst = g.target();
    code.emit(g.load(size, dst, ptr, off));
    g.set(dst, "scalar");
  } else if (choice < 7) code.emit(build.stMem(size, ptr, off, dice.imm()));
  else if (choice < 9) code.emit(build.stxMem(size, ptr, g.scalar(), off));
  else atomicAt(g, ptr, off);
}

function atomicAt(g: Generator, ptr: number, off: number): void {
  const { code, dice } = g;
  const size: InsnSize = dice.percent(85) ? dice.pick(["W", "DW"]) : dice.pick(["B", "H"]);
  const at = dice.percent(90) ? off - (off % BYTES[size]) : off;
  const src = g.scalar();
  const op = dice.pick([
    ...["+", "|", "&", "^", "fetch_add", "fetch_or", "fetch_and", "fetch_xor"],
    ...["xchg", "cmpxchg", "load_acquire", "store_release"],
  ]);
  if (op === "cmpxchg" && g.kinds[0] !== "scalar") code.emit(build.mov64Imm(0, dice.below(4)));
  if (op === "load_acquire") {
    const dst = g.target();
    code.emit(build.atomicOp(size, op, dst, ptr, at));
    g.set(dst, "scalar");
    return;
  }
  code.emit(build.atomicOp(size, op, ptr, src, at));
  if (op === "cmpxchg") g.set(0, "scalar");
  else if (op === "xchg" || op.startsWith("fetch")) g.set(src, "scalar");
}

const mapValue: Gadget = (g) => {
  const { code, dice } = g;
  const map = dice.pick([0, 0, 2]);
  const size = MAPS[map]?.value_size ?? 64;
  const ptr = g.target();
  const start = dice.percent(80) ? 0 : dice.below(size + 8);
  code.emit(build.ldMapValue(ptr, map, start));
  g.set(ptr, "mapval");
  if (dice.percent(40)) return access(g, ptr, size - start);
  variableAccess(g, ptr, size - start);
};

/** Adds a bounded number to a pointer and goes through it. */
export function variableAccess(g: Generator, ptr: number, room: number): void {
  const { code, dice } = g;
  const index = g.scalar();
  if (index === ptr) return;
  const bytes = BYTES[dice.pick(SIZES)];
  const constant = dice.percent(40) ? dice.below(16) : 0;
  if (dice.percent(95)) bound(g, index, Math.max(1, room - bytes - constant + 1), leave);
  if (dice.percent(8)) code.emit(build.alu64Imm("<<", index, dice.pick([1, 2, 3])));
  if (dice.percent(6)) code.emit(build.alu64Imm("-", index, dice.below(8)));
  const isSubtracted = dice.percent(12);
  if (isSubtracted) code.emit(build.alu64Imm("+", ptr, Math.max(0, room - 8)));
  code.emit(build.alu64Reg(isSubtracted ? "-" : "+", ptr, index));
  if (constant > 0 && dice.percent(50)) {
    code.emit(build.alu64Imm(dice.pick(["+", "+", "-"]), ptr, constant));
  }
  access(g, ptr, dice.percent(80) ? bytes : constant + bytes);
  g.set(ptr, dice.percent(50) ? "mapval" : "none");
}

const lookup: Gadget = (g) => {
  const { code, dice } = g;
  const key = dice.pick([-4, -8, -12]);
  if (dice.percent(60)) code.emit(build.stMem("W", 10, key, dice.below(6)));
  else code.emit(build.stxMem("W", 10, g.scalar(), key));
  const map = dice.pick([0, 1, 1, 2]);
  code.emit(
    build.ldMapFd(1, map),
    build.mov64Reg(2, 10),
    build.alu64Imm("+", 2, key),
    build.call(helperId("map_lookup_elem")),
  );
  g.forgetCallerSaved();
  const kept = dice.between(6, 9);
  const isMoved = dice.percent(40) && g.kinds[kept] !== "ctx";
  if (isMoved) code.emit(build.mov64Reg(kept, 0));
  if (dice.percent(92)) {
    const there = code.label();
    code.jump(build.jmpImm("!=", dice.percent(80) || !isMoved ? 0 : kept, 0, 0), there);
    if (dice.percent(80)) leave(g);
    else code.emit(build.ldMapValue(0, 0, 0));
    code.place(there);
  }
  g.set(0, "mapval");
  if (isMoved) g.set(kept, "mapval");
  const ptr = isMoved ? kept : 0;
  const room = MAPS[map]?.value_size ?? 16;
  if (dice.percent(50)) access(g, ptr, room);
  else variableAccess(g, ptr, room);
};

const branch: Gadget = (g) => {
  const { code, dice } = g;
  const left = g.scalar();
  const condition = dice.pick(CONDITIONS);
  const isNarrow = dice.percent(40);
  const other = code.label();
  if (dice.percent(35)) {
    const right = g.scalar();
    code.jump(
      isNarrow
        ? build.jmp32Reg(condition, left, right, 0)
        : build.jmpReg(condition, left, right, 0),
      other,
    );
  } else {
    const imm = dice.imm();
    code.jump(
      isNarrow ? build.jmp32Imm(condition, left, imm, 0) : build.jmpImm(condition, left, imm, 0),
      other,
    );
  }
  const before = { kinds: [...g.kinds], slots: new Map(g.slots) };
  nested(g, dice.between(1, 3));
  const end = code.label();
  const hasElse = dice.percent(35);
  if (hasElse) {
    const isLong = dice.percent(10);
    code.jump(isLong ? build.jmp32A(0) : build.jmpA(0), end, isLong ? "imm" : "off");
  }
  code.place(other);
  const after = g.kinds;
  if (hasElse) {
    g.kinds = before.kinds;
    nested(g, dice.between(1, 2));
    code.place(end);
  } else g.kinds = before.kinds;
  g.kinds = g.kinds.map((kind, reg) => (kind === after[reg] || dice.percent(3) ? kind : "none"));
  for (const [off, kind] of g.slots) {
    if (before.slots.get(off) !== kind) g.slots.delete(off);
  }
};

/** Gadgets inside another one. */
export function nested(g: Generator, count: number): void {
  g.nesting++;
  for (let i = 0; i < count; i++) g.step();
  g.nesting--;
}

const loop: Gadget = (g) => {
  const { code, dice } = g;
  if (g.nesting > 2) return;
  const counter = dice.between(6, 9);
  if (g.kinds[counter] === "ctx") return;
  const rounds = dice.pick([1, 2, 3, 5, 10, 20]);
  const isMayGoto = dice.percent(25);
  const start = code.label();
  const end = code.label();
  const onStack = dice.percent(20);
  code.emit(build.mov64Imm(counter, 0));
  if (onStack) code.emit(build.stxMem("DW", 10, counter, -48));
  code.place(start);
  if (isMayGoto) code.jump(build.mayGoto(0), end);
  g.set(counter, "none");
  nested(g, dice.between(1, 2));
  if (onStack) code.emit(build.ldxMem("DW", counter, 10, -48));
  code.emit(build.alu64Imm("+", counter, dice.percent(95) ? 1 : dice.below(4)));
  if (onStack) code.emit(build.stxMem("DW", 10, counter, -48));
  const condition = dice.pick(["<", "<", "s<", "!=", "<="]);
  code.jump(build.jmpImm(condition, counter, rounds, 0), start);
  code.place(end);
  g.set(counter, "scalar");
};

const stack: Gadget = (g) => {
  const { code, dice } = g;
  const size = dice.percent(50) ? "DW" : dice.pick(SIZES);
  const bytes = BYTES[size];
  let off = -bytes * dice.between(1, 64 / bytes);
  if (dice.percent(8)) off += dice.below(8);
  const choice = dice.below(10);
  const known = [...g.slots.keys()];
  if (choice < 3) code.emit(build.stMem(size, 10, off, dice.imm()));
  else if (choice < 6 || known.length === 0) {
    const src = dice.percent(80) ? g.scalar() : g.find("mapval", "ctx", "fp", "pkt", "end");
    if (src < 0) return;
    const isPointer = g.kinds[src] !== "scalar" && g.kinds[src] !== "small";
    if (isPointer && size !== "DW" && dice.percent(90)) return;
    code.emit(build.stxMem(size, 10, src, off));
    g.slots.set(off, size === "DW" ? (g.kinds[src] as Kind) : "scalar");
    return;
  } else {
    const dst = g.target();
    const from = dice.pick(known);
    const part = dice.percent(70) ? size : dice.pick(SIZES);
    const shift = dice.percent(80) ? 0 : dice.below(8);
    code.emit(g.load(part, dst, 10, from + shift));
    g.set(dst, part === "DW" && shift === 0 ? (g.slots.get(from) as Kind) : "scalar");
    return;
  }
  g.slots.set(off, "scalar");
};

const variableStack: Gadget = (g) => {
  const { code, dice } = g;
  const ptr = g.target();
  const depth = dice.pick([16, 32, 64, 128, 512]);
  code.emit(build.mov64Reg(ptr, 10), build.alu64Imm("+", ptr, -depth));
  g.set(ptr, "fp");
  if (dice.percent(30)) {
    access(g, ptr, depth);
    return;
  }
  for (let off = 8; off <= depth && dice.percent(85); off += 8) {
    code.emit(build.stMem("DW", 10, -off, 0));
    g.slots.set(-off, "scalar");
  }
  variableAccess(g, ptr, depth);
  g.set(ptr, "fp");
};

/** A spill, a comparison, and what is known of the filled register afterwards. */
const spillAround: Gadget = (g) => {
  const { code, dice } = g;
  const reg = g.scalar();
  const size: InsnSize = dice.pick(["DW", "DW", "DW", "W", "H", "B"]);
  const off = -8 * dice.between(1, 10);
  if (dice.percent(40)) bound(g, reg, dice.pick([4, 8, 256, 0x1_0000]), leave);
  code.emit(build.stxMem(size, 10, reg, off));
  const limit = dice.pick([1, 7, 8, 15, 16, 63, 64, 255]);
  const skip = code.label();
  code.jump(build.jmpImm(dice.pick(["<", "<=", "==", "s<"]), reg, limit, 0), skip);
  if (dice.percent(70)) leave(g);
  code.place(skip);
  const dst = g.target();
  code.emit(build.ldxMem(dice.percent(75) ? size : dice.pick(SIZES), dst, 10, off));
  g.set(dst, "small");
  g.slots.set(off, "scalar");
};

/** Registers that are copies of each other, at a distance. */
const linked: Gadget = (g) => {
  const { code, dice } = g;
  const first = g.scalar();
  const second = g.target();
  if (first === second) return;
  const isNarrow = dice.percent(25);
  code.emit(isNarrow ? build.mov32Reg(second, first) : build.mov64Reg(second, first));
  g.set(second, "scalar");
  if (dice.percent(60)) {
    const op = dice.pick(["+", "+", "-"]);
    const narrowAdd = dice.percent(30) ? build.alu32Imm : build.alu64Imm;
    code.emit(narrowAdd(op, second, dice.pick([1, 2, 4, 8, -1, -4, 100, 0x7fff_ffff])));
  }
  const compared = dice.percent(50) ? first : second;
  bound(g, compared, dice.pick([4, 8, 16, 32, 64]), leave);
  const ptr = g.target();
  if (ptr === first || ptr === second) return;
  code.emit(build.ldMapValue(ptr, 2, 0));
  code.emit(build.alu64Reg("+", ptr, compared === first ? second : first));
  g.set(ptr, "mapval");
  access(g, ptr, dice.pick([1, 8, 190]));
};

/** Of different kinds: comparing and adding pointers. */
const pointers: Gadget = (g) => {
  const { code, dice } = g;
  const ptr = g.find("mapval", "fp", "pkt", "ctx", "end");
  if (ptr < 0) return;
  const other = dice.percent(50) ? g.find("mapval", "fp", "pkt", "end") : g.scalar();
  if (other < 0) return;
  if (dice.percent(40)) {
    const skip = code.label();
    code.jump(build.jmpReg(dice.pick(["==", "!=", ">", "<", "<="]), ptr, other, 0), skip);
    nested(g, 1);
    code.place(skip);
    return;
  }
  const kind = g.kinds[ptr];
  if (kind === "ctx") return;
  const op = dice.pick(["+", "+", "-"]);
  if (dice.percent(50)) code.emit(build.alu64Imm(op, ptr, dice.pick([1, 4, 8, 16, 64, -8])));
  else code.emit(build.alu64Reg(op, ptr, other));
  if (dice.percent(50)) access(g, ptr, 8);
};

/** Anything at all. */
const wild: Gadget = (g) => {
  const { code, dice } = g;
  const dst = dice.below(11);
  const src = dice.below(11);
  const size = dice.pick(SIZES);
  const off = dice.pick([0, 4, 8, -8, -4, -16, 1]);
  switch (dice.below(6)) {
    case 0:
      code.emit(build.alu64Reg(dice.pick(ALU), dst, src));
      break;
    case 1:
      code.emit(build.alu32Imm(dice.pick(ALU), dst, dice.imm()));
      break;
    case 2:
      code.emit(build.ldxMem(size, dst, src, off));
      break;
    case 3:
      code.emit(build.stxMem(size, dst, src, off));
      break;
    case 4:
      code.emit(build.jmpReg(dice.pick(CONDITIONS), dst, src, 0));
      return;
    default:
      code.emit(build.call(dice.pick([1, 5, 7, 8, 12, 14, 25, 26, 44])));
      g.forgetCallerSaved();
      g.set(0, "scalar");
      return;
  }
  if (dst < 10) g.set(dst, "scalar");
};

const constant: Gadget = (g) => {
  const { code, dice } = g;
  const dst = g.target();
  if (dice.percent(70)) code.emit(build.mov64Imm(dst, dice.imm()));
  else if (dice.percent(50)) code.emit(build.mov32Imm(dst, dice.imm()));
  else code.emit(build.ldImm64(dst, g.wideValue()));
  g.set(dst, "scalar");
};

export const GADGETS: readonly WeightedGadget[] = [
  [22, alu],
  [8, move],
  [3, swapBytes],
  [2, negate],
  [12, branch],
  [5, loop],
  [9, mapValue],
  [6, lookup],
  [12, stack],
  [6, variableStack],
  [7, spillAround],
  [6, linked],
  [4, pointers],
  [1, wild],
  [4, constant],
];
