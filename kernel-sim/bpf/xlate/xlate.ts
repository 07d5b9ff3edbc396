import type { Insn } from "../../api.ts";
import {
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  bpfClass,
  bpfMode,
  bpfOp,
  isHelperCall,
  isJump,
  isKfuncCall,
  isLdImm64,
  isMayGoto,
  isPseudoCall,
  isPseudoFunc,
  jumpOffset,
} from "../isa.ts";
import * as uapi from "../uapi.ts";
import { type KeptInsn, removeDeadCode } from "../verifier/dead-code.ts";
import type { InsnAux } from "../verifier/env.ts";
import { depthWithLoops, isThrown, LOOP_STACK_BYTES } from "../verifier/fixed-up.ts";
import { PTR_TO_CTX } from "../verifier/reg-type.ts";
import type { VerifierOutcome } from "../verifier/verify.ts";
import { arenaInsn, isArenaAccess, shownArenaAccess } from "./arena.ts";
import { fixDivision, fixPointerMove } from "./arithmetic.ts";
import { inlinedLoop } from "./bpf-loop.ts";
import { convertAccess } from "./ctx/convert.ts";
import { SKB_TSTAMP_TYPE } from "./ctx/sk-buff.ts";
import { helperCall } from "./helper-calls.ts";
import * as i from "./insns.ts";
import { kfuncCall } from "./kfunc-calls.ts";
import { mayGoto, mayGotoPrologue } from "./may-goto.ts";
import { added, type LaidOut, layOut, type Patched, type PatchedGroup } from "./patch.ts";
import { unclonePrologue } from "./prologue.ts";
import { loadFromPacket } from "./skb-load.ts";
import { isZeroExtended, ZERO_EXTENSION } from "./zero-extension.ts";

/** An accepted program. */
export interface XlateInput {
  readonly outcome: VerifierOutcome;
  readonly isSleepable: boolean;
  /** The number of a map, by its index among those that the program uses. */
  numberOf(mapIndex: number): number;
}

/** The program as it is shown, and where in it instructions are that it was loaded with. */
export interface Xlated extends LaidOut {
  /** What is left of the program, before anything was put in. */
  readonly kept: readonly KeptInsn[];
}

/**
 * The program as the kernel would keep it: without dead code, with its own structures in the place
 * of the context, divisions that cannot trap, and lookups, loops and short helpers inlined. It is
 * only shown: what runs is the program with the contexts and helpers of this machine.
 *
 * @linux kernel/bpf/verifier.c `optimize_bpf_loop`, `convert_ctx_accesses`, `do_misc_fixups`, `opt_subreg_zext_lo32_rnd_hi32`, `jit_subprogs`, kernel/bpf/syscall.c `bpf_insn_prepare_dump` (6.18)
 * @simplified addresses of the kernel's own variables are 0, calls have the numbers of helpers in the
 * place of distances
 */
export function xlate(input: XlateInput): Xlated {
  return new Xlation(input).run();
}

/** What nobody reaches must not be reached on a guess either. @linux kernel/bpf/verifier.c `sanitize_dead_code` (6.18) */
const TRAP: Insn = Object.freeze(i.jump(-1));

/** A function of the program that is left. */
interface ShownFunction {
  readonly start: number;
  readonly stackDepth: number;
  /** Where loops that stand in it put registers aside, from the frame pointer on. */
  readonly loopBase: number;
}

/** One program on its way. */
export class Xlation {
  readonly #input: XlateInput;
  readonly #kept: readonly KeptInsn[];
  /** Those that are left, in their order. */
  readonly #functions: readonly ShownFunction[];
  readonly #isTstampTypeAccessed: boolean;

  constructor(input: XlateInput) {
    this.#input = input;
    const { outcome } = input;
    const { aux, isBpfCapable, insns, usedMaps } = outcome;
    const alive = isBpfCapable
      ? removeDeadCode(insns, aux, true)
      : insns.map((insn, slot) => ({ insn: aux[slot]!.isSeen ? insn : TRAP, slot }));
    const arena = usedMaps.find(({ type }) => type === uapi.BPF_MAP_TYPE_ARENA);
    this.#kept =
      arena === undefined
        ? alive
        : alive.map(({ insn, slot }) => ({
            insn: arenaInsn(insn, aux[slot]!, usedMaps, arena.flags),
            slot,
          }));
    this.#functions = this.#shownFunctions();
    this.#isTstampTypeAccessed = this.#kept.some(
      ({ insn, slot }) => aux[slot]!.ptrType === PTR_TO_CTX && insn.off === SKB_TSTAMP_TYPE,
    );
  }

  run(): Xlated {
    const groups = this.#kept.map((_, at) => this.#group(at));
    if (this.#throwsToNobody()) groups.push({ insns: added(i.aluReg(i.MOV, 0, 1), i.EXIT) });
    return { ...layOut(groups, this.#areFunctionsNumbered), kept: this.#kept };
  }

  #shownFunctions(): ShownFunction[] {
    const { subprogs, aux } = this.#input.outcome;
    const found: ShownFunction[] = [];
    for (const [index, { start, stackDepth }] of subprogs.entries()) {
      const end = subprogs[index + 1]?.start ?? aux.length;
      const at = this.#kept.findIndex(({ slot }) => slot >= start && slot < end);
      if (at < 0) continue;
      const own = this.#kept.filter(({ slot }) => slot >= start && slot < end);
      found.push({
        start: at,
        stackDepth: depthWithLoops(stackDepth, own, aux),
        loopBase: -Math.ceil(stackDepth / 8) * 8 - LOOP_STACK_BYTES,
      });
    }
    return found;
  }

  /** Those of a program with several are compiled one by one. @linux kernel/bpf/verifier.c `jit_subprogs` (6.18) */
  get #areFunctionsNumbered(): boolean {
    return this.#functions.length > 1;
  }

  #functionAt(at: number): ShownFunction {
    return this.#functions.findLast(({ start }) => start <= at)!;
  }

  /** What is thrown and not caught is what the program answers. */
  #throwsToNobody(): boolean {
    const { exceptionCallbackStart, aux } = this.#input.outcome;
    return exceptionCallbackStart === 0 && isThrown(this.#kept, aux);
  }

  #group(at: number): PatchedGroup {
    const { insn, slot } = this.#kept[at]!;
    const aux = this.#input.outcome.aux[slot]!;
    const first = this.#kept[at - 1]?.insn;
    if (first !== undefined && isLdImm64(first) && insn.code === 0) {
      return { insns: added(this.#secondHalf(at)) };
    }
    const patched = this.#patched(at, insn, aux);
    return {
      insns: aux.nospec ? [...added(i.NOSPEC), ...patched] : patched,
      prologue: this.#prologue(at),
    };
  }

  /** Of a wide load. */
  #secondHalf(at: number): Insn {
    const { insn } = this.#kept[at]!;
    const { insn: first, slot } = this.#kept[at - 1]!;
    const { mapIndex, mapOff } = this.#input.outcome.aux[slot]!;
    if (isPseudoFunc(first)) {
      if (!this.#areFunctionsNumbered) return insn;
      const start = at + first.imm;
      return { ...insn, imm: this.#functions.findIndex((one) => one.start === start) };
    }
    if (mapIndex < 0 || first.srcReg === 0) return insn;
    return { ...insn, imm: isValueLoad(first) ? mapOff : 0 };
  }

  #prologue(at: number): readonly Insn[] {
    const index = this.#functions.findIndex(({ start }) => start === at);
    if (index < 0) return [];
    const { stackDepth } = this.#functions[index]!;
    const end = this.#functions[index + 1]?.start;
    const { hasDirectWrite, progType } = this.#input.outcome;
    return [
      ...(this.#kept.slice(at, end).some(({ insn }) => isMayGoto(insn))
        ? mayGotoPrologue(stackDepth)
        : []),
      ...(at === 0 && hasDirectWrite ? unclonePrologue(progType) : []),
    ];
  }

  #patched(at: number, insn: Insn, aux: InsnAux): readonly Patched[] {
    const { mapIndex, loopInline } = aux;
    if (insn === TRAP) return added(insn);
    if (aux.isKernelAddress) return added({ ...insn, srcReg: 0 });
    if (isLdImm64(insn) && mapIndex >= 0 && insn.srcReg !== 0) {
      const srcReg = isValueLoad(insn) ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
      return added({ ...insn, srcReg, imm: this.#input.numberOf(mapIndex) });
    }
    if (isPseudoFunc(insn)) return [{ insn, target: at + 1 + insn.imm }];
    if (isPseudoCall(insn)) {
      const target = at + 1 + insn.imm;
      const imm = this.#functions.findIndex(({ start }) => start === target);
      return [{ insn: { ...insn, imm }, target }];
    }
    if (loopInline?.isFit === true) {
      const start = this.#input.outcome.subprogs[loopInline.subprogno]!.start;
      const behind = this.#kept.findIndex(({ slot: other }) => other >= start);
      // What no round reaches may be gone.
      const callback = behind < 0 ? this.#kept.length : behind;
      const number = this.#functions.findIndex((one) => one.start === callback);
      return inlinedLoop(this.#functionAt(at).loopBase, callback, number);
    }
    if (isMayGoto(insn)) return mayGoto(at + 1 + insn.off, this.#functionAt(at).stackDepth);
    if (isHelperCall(insn)) return added(...helperCall(insn, aux, this.#target));
    if (isKfuncCall(insn)) return added(...kfuncCall(insn, aux, this.#target.progType));
    const op = bpfOp(insn.code);
    if (isJump(insn.code) && op !== 0x80 && op !== 0x90) {
      return [{ insn, target: at + 1 + jumpOffset(insn) }];
    }
    const plain = added(...this.#plain(insn, aux));
    return isZeroExtended(this.#kept, at) && !isArenaAccess(insn, aux)
      ? [...plain, ...added(ZERO_EXTENSION)]
      : plain;
  }

  /** An instruction that leads nowhere else. */
  #plain(insn: Insn, aux: InsnAux): readonly Insn[] {
    const kind = bpfClass(insn.code);
    const mode = bpfMode(insn.code);
    if (isArenaAccess(insn, aux)) return [shownArenaAccess(insn)];
    if (kind >= 1 && kind <= 3 && (mode === 0x60 || mode === 0x80)) {
      if (kind !== 1 && aux.nospecResult) return [insn, i.NOSPEC];
      return convertAccess(this.#target, aux.ptrType, insn) ?? [insn];
    }
    if (kind === 0 && insn.code !== 0x18) return loadFromPacket(insn);
    return fixDivision(insn) ?? fixPointerMove(insn, aux) ?? [insn];
  }

  get #target() {
    const { outcome, isSleepable } = this.#input;
    const { progType, expectedAttachType } = outcome;
    const isTstampTypeAccessed = this.#isTstampTypeAccessed;
    return { progType, expectedAttachType, isSleepable, isTstampTypeAccessed };
  }
}

function isValueLoad({ srcReg }: Insn): boolean {
  return srcReg === BPF_PSEUDO_MAP_VALUE || srcReg === BPF_PSEUDO_MAP_IDX_VALUE;
}
