import type { AbstractValue, PrecisionMark, VerifierStep } from "../api.ts";
import { MAX_BPF_REG } from "../bpf/isa.ts";
import type { VerifierEnv } from "../bpf/verifier/env.ts";
import { toBigS, toBigU } from "../bpf/verifier/int64.ts";
import { findLineInfo, lineText } from "../bpf/verifier/line-info.ts";
import { regText, slotText } from "../bpf/verifier/print-state.ts";
import type { Reg } from "../bpf/verifier/reg-state.ts";
import { NOT_INIT, regTypeStr } from "../bpf/verifier/reg-type.ts";
import type { FuncState } from "../bpf/verifier/states.ts";
import type { VerifierState } from "../bpf/verifier/verifier-state.ts";
import type { VerifierObserver } from "../bpf/verifier/verify.ts";

/** A report of more steps than that would be larger than its reader's memory. */
const STEPS_MAX = 100_000;

type Values = Readonly<Record<string, AbstractValue>>;
type Slots = Readonly<Record<string, string>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NO_VALUES: Values = Object.freeze({});

/** Writes down what the verifier does, as frozen data. */
export class StepRecorder implements VerifierObserver {
  readonly #insnTexts: readonly string[];
  readonly #stepsMax: number;
  readonly #steps: Mutable<VerifierStep>[] = [];
  /** The path of each state that waits to be followed. */
  readonly #pathOf = new Map<VerifierState, number>();
  readonly #parentOf: (number | undefined)[] = [undefined];
  /** By path: the step at which it left its parent. */
  readonly #branchedAt: (number | undefined)[] = [undefined];
  /** Which step starts in the state that was kept. */
  readonly #stepOf = new Map<VerifierState, number>();
  /** Equal values are one object. */
  readonly #values = new Map<string, AbstractValue>();
  /** Of the walk back for the current instruction. */
  #marks: PrecisionMark[] = [];
  #path = 0;
  #pathsBegun = 1;
  /** The instruction of the last step is not done. */
  #isOpen = false;
  #isFull = false;
  #registers: Values = NO_VALUES;
  #slots: Slots = Object.freeze({});

  /** @param insnTexts by slot */
  constructor(insnTexts: readonly string[], stepsMax = STEPS_MAX) {
    this.#insnTexts = insnTexts;
    this.#stepsMax = stepsMax;
  }

  steps(): readonly VerifierStep[] {
    return Object.freeze(this.#steps.map((step) => Object.freeze(step)));
  }

  beforeInsn(env: VerifierEnv): void {
    this.#isOpen = this.#begin(env);
  }

  afterInsn(env: VerifierEnv): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const step = this.#steps.at(-1)!;
    const { frame } = env;
    step.after = this.#valuesOf(frame, (regno) => ((env.touchedRegs >> regno) & 1) !== 0);
    step.stack = this.#slotsOf(frame);
    this.#note(step);
  }

  branch(_env: VerifierEnv, state: VerifierState): void {
    this.#parentOf.push(this.#path);
    this.#branchedAt.push(this.#steps.length - 1);
    this.#pathOf.set(state, this.#pathsBegun++);
  }

  pathStart(_env: VerifierEnv, state: VerifierState): void {
    this.#path = this.#pathOf.get(state) ?? 0;
    this.#pathOf.delete(state);
  }

  walkBack({ bt }: VerifierEnv, insnIdx: number): void {
    const regs = bt.regsText().toUpperCase();
    const slots = bt.slotsText();
    const names = [
      ...regs.split(","),
      ...slots.split(",").map((off) => (off === "" ? "" : `fp${off}`)),
    ].filter((name) => name !== "");
    if (names.length === 0) return;
    this.#marks.push(
      Object.freeze({ insnIndex: insnIdx, frame: bt.frame, names: Object.freeze(names) }),
    );
  }

  checkpoint(_env: VerifierEnv, state: VerifierState): void {
    this.#stepOf.set(state, this.#steps.length);
  }

  pathEnd(env: VerifierEnv, how: "exit" | "pruned" | "refused", by: VerifierState | null): void {
    // A path may end where nothing was done any more: in a state that is known, or at a limit.
    const isStepOfItsOwn = how === "pruned" || (how === "refused" && !this.#isOpen);
    if (isStepOfItsOwn ? !this.#begin(env) : this.#isFull) return;
    this.#isOpen = false;
    const step = this.#steps.at(-1)!;
    step.end = how;
    this.#note(step);
    const prunedBy = by === null ? undefined : this.#stepOf.get(by);
    if (prunedBy !== undefined) step.prunedBy = prunedBy;
  }

  #note(step: Mutable<VerifierStep>): void {
    if (this.#marks.length === 0) return;
    step.precision = Object.freeze([...(step.precision ?? []), ...this.#marks]);
    this.#marks = [];
  }

  /** @returns whether there is room for another step */
  #begin(env: VerifierEnv): boolean {
    this.#isFull = this.#steps.length >= this.#stepsMax;
    if (this.#isFull) return false;
    const { insnIdx, frame } = env;
    this.#steps.push({
      index: this.#steps.length,
      insnIndex: insnIdx,
      insn: this.#insnTexts[insnIdx] ?? "",
      ...this.#sourceOf(env),
      path: this.#path,
      parentPath: this.#parentOf[this.#path],
      branchedAt: this.#branchedAt[this.#path],
      frame: frame.frameno,
      before: this.#registersOf(frame),
      after: NO_VALUES,
      stack: this.#slotsOf(frame),
    });
    return true;
  }

  #sourceOf(env: VerifierEnv): { readonly source?: string } {
    const line = findLineInfo(env, env.insnIdx);
    return line === undefined ? {} : { source: lineText(env, line) };
  }

  /** Two steps that know the same have one object for it. */
  #registersOf(frame: FuncState): Values {
    const found = this.#valuesOf(frame, () => true);
    if (!isSame(found, this.#registers)) this.#registers = found;
    return this.#registers;
  }

  #valuesOf(frame: FuncState, isWanted: (regno: number) => boolean): Values {
    const values: Record<string, AbstractValue> = {};
    for (let regno = 0; regno < MAX_BPF_REG; regno++) {
      const reg = frame.reg(regno);
      if (reg.type === NOT_INIT || !isWanted(regno)) continue;
      values[`R${regno}`] = this.#valueOf(reg, frame.frameno);
    }
    return Object.freeze(values);
  }

  #valueOf(reg: Reg, frameno: number): AbstractValue {
    const text = regText(reg, frameno);
    const { value, mask } = reg.varOff;
    const words = [value, mask, reg.umin, reg.umax, reg.smin, reg.smax];
    const halves = [reg.u32Min, reg.u32Max, reg.s32Min, reg.s32Max];
    const key = `${text} ${words.map(({ hi, lo }) => `${hi},${lo}`).join()} ${halves.join()}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made: AbstractValue = Object.freeze({
      text,
      type: regTypeStr(reg.type),
      tnum: Object.freeze({ value: toBigU(value), mask: toBigU(mask) }),
      umin: toBigU(reg.umin),
      umax: toBigU(reg.umax),
      smin: toBigS(reg.smin),
      smax: toBigS(reg.smax),
      u32min: reg.u32Min,
      u32max: reg.u32Max,
      s32min: reg.s32Min,
      s32max: reg.s32Max,
    });
    this.#values.set(key, made);
    return made;
  }

  #slotsOf(frame: FuncState): Slots {
    const slots: Record<string, string> = {};
    for (let spi = 0; spi < frame.slots; spi++) {
      const text = slotText(frame.slot(spi), frame.frameno);
      if (text !== "") slots[`fp${-(spi + 1) * 8}`] = text;
    }
    if (!isSame(slots, this.#slots)) this.#slots = Object.freeze(slots);
    return this.#slots;
  }
}

function isSame<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
