import type { AbstractValue, Insn, VerifierStep } from "../../api.ts";
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MOV,
  BPF_STX,
  BPF_X,
  bpfClass,
  bpfOp,
  bpfSrc,
  isPseudoCall,
} from "../isa.ts";
import type { Blamed, Origin } from "./refusal-rule.ts";
import { slotWriter } from "./stack-origin.ts";
import { valueWords } from "./value-words.ts";

/** More links than these make a chain that nobody reads. */
const ORIGINS_MAX = 4;

const RELOAD =
  "Calls that can move or resize the packet end all pointers into it: load `data` and `data_end` from the context again after the call, and compare them again. Keep the context in r6 to r9 for that.";
const NOT_AFTER_RELEASE =
  "The object was given back by that call, or was only valid until it: use it before, and acquire it anew afterwards.";

/** Where on which path the verifier has given up, and what it knew there. */
export class RefusalSite {
  readonly #insns: readonly Insn[];
  /** The path from the program's start to the refused instruction. */
  readonly #way: readonly VerifierStep[];

  /** @param insns by slot */
  constructor(insns: readonly Insn[], steps: readonly VerifierStep[]) {
    this.#insns = insns;
    const last = steps.findLast(({ end }) => end === "refused");
    this.#way = last === undefined ? [] : wayTo(steps, last);
  }

  /** The number of the register that is to blame. */
  blamed(which: Blamed): number | undefined {
    if (typeof which === "number") return which;
    const insn = this.#insn;
    if (insn === undefined) return undefined;
    if (which === "target") return insn.dstReg;
    if (which === "operand") return bpfSrc(insn.code) === BPF_X ? insn.srcReg : undefined;
    return bpfClass(insn.code) === BPF_LDX ? insn.srcReg : insn.dstReg;
  }

  /** `R1 is scalar(): a number of which nothing is known`, "" when no path had begun. */
  value(regno: number): string {
    const step = this.#way.at(-1);
    if (step === undefined) return "";
    const value: AbstractValue | undefined = step.before[`R${regno}`];
    const text = value === undefined ? "" : ` is ${value.text}`;
    return `At instruction ${step.insnIndex}, \`${step.insn}\`, R${regno}${text || " holds"}${text ? ": " : " "}${valueWords(value)}.`;
  }

  /** The instructions that have made what the register holds, the last one first. */
  origin(regno: number): Origin {
    const found: string[] = [];
    const seen = new Set<number>();
    const waiting = [{ regno, before: this.#way.length - 1 }];
    let repair: string | undefined;
    while (waiting.length > 0 && found.length < ORIGINS_MAX) {
      const wanted = waiting.shift()!;
      const at = this.#writerOf(wanted.regno, wanted.before);
      if (at < 0) {
        if (found.length === 0) found.push(this.#entry(wanted.regno));
        continue;
      }
      if (seen.has(at)) continue;
      seen.add(at);
      const step = this.#way[at]!;
      const insn = this.#insns[step.insnIndex]!;
      if (!writes(insn, wanted.regno)) {
        const type = step.before[`R${wanted.regno}`]!.type;
        found.push(
          `R${wanted.regno} was a pointer (${type}) until ${step.insnIndex}, \`${step.insn}\`, ended it`,
        );
        repair ??= type.startsWith("pkt") ? RELOAD : NOT_AFTER_RELEASE;
        waiting.push({ regno: wanted.regno, before: at });
        continue;
      }
      found.push(`R${wanted.regno} was made at ${step.insnIndex}, \`${step.insn}\``);
      const slot = slotWriter(this.#insns, this.#way, at);
      if (slot !== undefined) {
        found.push(slot.text);
        repair ??= slot.repair;
        if (slot.source !== undefined) waiting.push({ regno: slot.source, before: slot.at });
      }
      for (const source of sourcesOf(insn)) waiting.push({ regno: source, before: at });
    }
    const condition = this.#conditionOn(regno);
    const parts = [...found, ...(condition === "" ? [] : [condition])];
    return { text: parts.filter(Boolean).join("; "), repair };
  }

  /** The steps from the program's start to the refused one. */
  get way(): readonly VerifierStep[] {
    return this.#way;
  }

  get #insn(): Insn | undefined {
    const step = this.#way.at(-1);
    return step === undefined ? undefined : this.#insns[step.insnIndex];
  }

  /** The place on the way of the last instruction that wrote or ended a register, seen from `before`; -1: none did. */
  #writerOf(regno: number, before: number): number {
    let frame = this.#way[before]?.frame ?? 0;
    let later = this.#way[before];
    for (let at = before - 1; at >= 0; at--) {
      const step = this.#way[at]!;
      const insn = this.#insns[step.insnIndex];
      if (insn === undefined || step.frame > frame) continue;
      if (step.frame < frame) {
        // The call that has led into the function handed its arguments on as they were.
        if (regno === 0 || regno > 5) return -1;
        frame = step.frame;
        later = step;
        continue;
      }
      if (writes(insn, regno) || (isCall(insn) && hasEnded(step, later, `R${regno}`))) return at;
      later = step;
    }
    return -1;
  }

  #entry(regno: number): string {
    if (this.#way.length === 0) return "";
    if (regno === 10) return "R10 is the frame pointer: it is there from the start";
    return regno === 1
      ? "R1 is what the program was called with"
      : `no instruction on this path writes R${regno}`;
  }

  /** The last comparison of the register on the way, and how it went. */
  #conditionOn(regno: number): string {
    for (let at = this.#way.length - 2; at >= 0; at--) {
      const step = this.#way[at]!;
      const insn = this.#insns[step.insnIndex];
      if (insn === undefined || writes(insn, regno)) return "";
      if (!isComparison(insn) || (insn.dstReg !== regno && !comparesWith(insn, regno))) continue;
      const isTaken = this.#way[at + 1]!.insnIndex !== step.insnIndex + 1;
      return `on this path \`${step.insn}\` at ${step.insnIndex} was ${isTaken ? "taken" : "not taken"}`;
    }
    return "";
  }
}

/** The steps of a path, and those of the paths that it branched from, up to where it did. */
function wayTo(steps: readonly VerifierStep[], last: VerifierStep): VerifierStep[] {
  const way: VerifierStep[] = [];
  let path: number | undefined = last.path;
  let end = last.index;
  while (path !== undefined) {
    const part: VerifierStep[] = steps.filter((step) => step.path === path && step.index <= end);
    const first: VerifierStep | undefined = part[0];
    if (first === undefined) break;
    way.unshift(...part);
    path = first.parentPath;
    end = first.branchedAt ?? -1;
  }
  return way;
}

function isCall({ code }: Insn): boolean {
  return bpfClass(code) === BPF_JMP && bpfOp(code) === BPF_CALL;
}

/** What was a pointer before the call is a number or nothing afterwards. */
function hasEnded(step: VerifierStep, later: VerifierStep | undefined, name: string): boolean {
  const before = step.before[name];
  if (later === undefined || before === undefined || before.type === "scalar") return false;
  return (later.before[name]?.type ?? "scalar") === "scalar";
}

function isComparison({ code }: Insn): boolean {
  const isJump = bpfClass(code) === BPF_JMP || bpfClass(code) === BPF_JMP32;
  const op = bpfOp(code);
  return isJump && op !== 0 && op !== BPF_CALL && op !== 0x90;
}

function comparesWith({ code, srcReg }: Insn, regno: number): boolean {
  return bpfSrc(code) === BPF_X && srcReg === regno;
}

/** What a helper or kernel function leaves behind in r1 to r5 is nothing. */
function writes(insn: Insn, regno: number): boolean {
  switch (bpfClass(insn.code)) {
    case BPF_ALU:
    case BPF_ALU64:
    case BPF_LDX:
      return insn.dstReg === regno;
    case BPF_LD:
      return insn.code === 0x18 ? insn.dstReg === regno : regno <= 5;
    case BPF_JMP:
      if (bpfOp(insn.code) !== BPF_CALL) return false;
      return isPseudoCall(insn) ? regno === 0 : regno <= 5;
    case BPF_STX:
      return (insn.imm & 1) !== 0 && insn.code >> 5 === 6 && insn.srcReg === regno;
    default:
      return false;
  }
}

/** The registers that the written value was made from. */
function sourcesOf(insn: Insn): number[] {
  const kind = bpfClass(insn.code);
  if (kind === BPF_LDX) return [];
  if (kind !== BPF_ALU && kind !== BPF_ALU64) return [];
  const second = bpfSrc(insn.code) === BPF_X ? [insn.srcReg] : [];
  return bpfOp(insn.code) === BPF_MOV ? second : [...second, insn.dstReg];
}
