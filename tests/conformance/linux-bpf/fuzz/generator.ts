import type { InsnSize } from "../../../../kernel-sim/api.ts";
import { insnBuilders as build } from "../../../../kernel-sim/bpf/builder.ts";
import { BPF_FUNC_NAMES } from "../../../../kernel-sim/bpf/uapi.ts";
import { Code, type Label } from "./code.ts";
import type { Dice } from "./dice.ts";

/** What the generator believes to lie in a register; it may be wrong, as programmers are. */
export type Kind = "none" | "scalar" | "small" | "ctx" | "fp" | "mapval" | "pkt" | "end";

export type FuzzedType = "xdp" | "sched_cls" | "socket_filter";

/** Sizes of the maps that every program has: array, hash, array of larger values, ring buffer. */
export const MAPS = [
  { type: "array", key_size: 4, value_size: 64, max_entries: 1, flags: 0 },
  { type: "hash", key_size: 4, value_size: 16, max_entries: 8, flags: 0 },
  { type: "array", key_size: 4, value_size: 256, max_entries: 1, flags: 0 },
] as const;

export const SIZES: readonly InsnSize[] = ["B", "H", "W", "DW"];
export const BYTES: Readonly<Record<InsnSize, number>> = { B: 1, H: 2, W: 4, DW: 8 };
export const ALU = ["+", "-", "*", "/", "s/", "|", "&", "<<", ">>", "%", "s%", "^", "s>>", "="];
export const CONDITIONS = ["==", ">", ">=", "&", "!=", "s>", "s>=", "<", "<=", "s<", "s<="];

export function helperId(name: string): number {
  return BPF_FUNC_NAMES.indexOf(name);
}

/** A function that is called and not yet written. */
interface PendingFunction {
  readonly label: Label;
  readonly args: readonly Kind[];
  readonly depth: number;
}

/** A short stretch of code around one rule of the verifier. */
export type Gadget = (g: Generator) => void;
export type WeightedGadget = readonly [weight: number, gadget: Gadget];

/** One function on the way: what lies in its registers and where its exits go. */
export class Generator {
  readonly code = new Code();
  readonly dice: Dice;
  readonly type: FuzzedType;
  kinds: Kind[] = [];
  /** Calls from here down to the main program. */
  depth = 0;
  readonly pending: PendingFunction[] = [];
  /** Stack slots that hold something, by offset from the frame pointer. */
  slots = new Map<number, Kind>();
  nesting = 0;

  readonly #gadgets: readonly WeightedGadget[];

  constructor(dice: Dice, type: FuzzedType, gadgets: readonly WeightedGadget[]) {
    this.dice = dice;
    this.type = type;
    this.#gadgets = gadgets;
  }

  /** Adds one gadget. */
  step(): void {
    this.dice.weighted(this.#gadgets)(this);
  }

  /** A register with this kind of content; -1 when there is none. */
  find(...kinds: readonly Kind[]): number {
    const found = this.kinds.flatMap((kind, reg) => (kinds.includes(kind) ? [reg] : []));
    return found.length === 0 ? -1 : this.dice.pick(found);
  }

  /** A register with a number in it, which is loaded when there is none. */
  scalar(): number {
    const found = this.find("scalar", "small");
    if (found >= 0 && this.dice.percent(90)) return found;
    const reg = this.target();
    this.loadUnknown(reg);
    return reg;
  }

  /** A register to write to: seldom one that holds the context. */
  target(): number {
    for (let tries = 0; tries < 4; tries++) {
      const reg = this.dice.below(10);
      if (this.kinds[reg] !== "ctx" || this.dice.percent(3)) return reg;
    }
    return 0;
  }

  set(reg: number, kind: Kind): void {
    this.kinds[reg] = kind;
  }

  /** After a call. */
  forgetCallerSaved(): void {
    for (let reg = 1; reg <= 5; reg++) this.set(reg, "none");
  }

  /** Loads a number that the verifier knows little of. */
  loadUnknown(reg: number): void {
    const { code, dice } = this;
    const ctx = this.find("ctx");
    const mapval = this.find("mapval");
    const choice = dice.below(6);
    const size = dice.pick(SIZES);
    const off = dice.below(8) * 8;
    if (choice === 0 && ctx >= 0) code.emit(build.ldxMem("W", reg, ctx, this.ctxFieldOffset()));
    else if (choice === 1 && mapval >= 0) code.emit(this.load(size, reg, mapval, off));
    else if (choice === 2) code.emit(build.mov64Imm(reg, dice.imm()));
    else if (choice === 3) code.emit(build.ldImm64(reg, this.wideValue()));
    else code.emit(build.ldMapValue(reg, 0, 0), this.load(size, reg, reg, off));
    this.set(reg, "scalar");
  }

  load(size: InsnSize, dst: number, src: number, off: number) {
    const isSigned = size !== "DW" && this.dice.percent(25);
    return isSigned ? build.ldxMemsx(size, dst, src, off) : build.ldxMem(size, dst, src, off);
  }

  wideValue(): bigint {
    const high = BigInt(this.dice.imm());
    return BigInt.asIntN(64, (high << 32n) + BigInt(this.dice.imm() >>> 0));
  }

  /** A field that is a plain number of 32 bits. */
  ctxFieldOffset(): number {
    const { dice } = this;
    if (dice.percent(4)) return dice.below(50) * 4;
    return this.type === "xdp" ? dice.pick([12, 16]) : dice.pick([0, 4, 8, 16, 40]);
  }

  /** The function's arguments move to registers that calls keep. */
  begin(args: readonly Kind[]): void {
    this.kinds = Array.from({ length: 10 }, (_, reg) => args[reg - 1] ?? "none");
    this.slots = new Map();
    for (let reg = 1; reg <= args.length; reg++) {
      const kept = 5 + reg;
      if (kept > 9) break;
      this.code.emit(build.mov64Reg(kept, reg));
      this.set(kept, this.kinds[reg] as Kind);
    }
    this.set(0, "none");
  }

  /** Returns a number. */
  end(): void {
    const { code, dice } = this;
    if (this.kinds[0] !== "scalar" && this.kinds[0] !== "small") {
      const from = this.find("scalar", "small");
      if (from >= 0 && dice.percent(70)) code.emit(build.mov64Reg(0, from));
      else code.emit(build.mov64Imm(0, dice.below(4)));
    }
    if (dice.percent(99)) code.emit(build.exit());
  }
}
