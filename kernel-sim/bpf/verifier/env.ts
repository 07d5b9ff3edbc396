import type { Insn } from "../../api.ts";
import type { Btf } from "../btf/btf.ts";
import type { BtfFuncProto } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { insnText } from "../disasm.ts";
import { isKfuncCall, isLdImm64 } from "../isa.ts";
import { BPF_PROG_TYPE_EXT } from "../uapi.ts";
import type { CtxArgInfo } from "./attach-target.ts";
import { Backtrack } from "./backtrack-state.ts";
import type { FuncInfo } from "./btf-info.ts";
import { type CtxOps, ctxOpsOf } from "./ctx/ops.ts";
import { IdMap } from "./id-map.ts";
import type { LineInfo } from "./line-info.ts";
import type { Liveness } from "./liveness.ts";
import { VerifierLog } from "./log.ts";
import { NOT_INIT } from "./reg-type.ts";
import type { SccVisit } from "./scc.ts";
import type { FuncState } from "./states.ts";
import type { SubprogArg } from "./subprog-args.ts";
import type { AttachTarget, BufferAccess, VerifierInput, VerifierMap } from "./verifier-input.ts";
import type { HistoryEntry, StateListEntry, VerifierState } from "./verifier-state.ts";
import type { VerifierObserver } from "./verify.ts";

/** A function of the program. @linux include/linux/bpf_verifier.h `struct bpf_subprog_info` (6.18) */
export class SubprogInfo {
  start: number;
  /** How deep it looked into its stack, in bytes. */
  stackDepth = 0;
  postorderStart = 0;
  /** Where the slots of spills around inlined calls begin. */
  fastcallStackOff = 0;
  hasTailCall = false;
  hasLdAbs = false;
  changesPktData = false;
  mightSleep = false;
  keepFastcallStack = false;
  /** A helper calls it. */
  isCb = false;
  /** It is called when the program may long be over. */
  isAsyncCb = false;
  isExceptionCb = false;
  /** Whether its frame lies on a stack of its own. @linux `enum priv_stack_mode` */
  privStack: "unknown" | "none" | "own" = "unknown";
  /** What its BTF says about its arguments, once that was asked for. */
  args: readonly SubprogArg[] | undefined = undefined;
  /** A call did not fit its BTF. */
  isUnreliable = false;
  /** Of a global function: whether anything calls it, and whether it was checked. */
  isCalled = false;
  isVerified = false;

  constructor(start: number) {
    this.start = start;
  }
}

/** Which type of the program an instruction makes an object of. */
interface ObjNew {
  readonly btf: Btf;
  readonly typeId: number;
  readonly isPercpu: boolean;
}

/** What is noted beside an instruction. @linux include/linux/bpf_verifier.h `struct bpf_insn_aux_data` (6.18) */
export class InsnAux {
  /** States are compared and kept here. */
  isPrunePoint = false;
  isJmpPoint = false;
  isForceCheckpoint = false;
  /** It takes the next element of an open-coded iterator. */
  isIterNext = false;
  /** What it allocates. */
  objNew: ObjNew | null = null;
  /** Where the node is in the object that it puts into a list or a tree. */
  insertOff = 0;
  /** It asks for storage where nobody may sleep, in a program that may. */
  isStorageGetAtomic = false;
  /** It asks for a CPU's part of an object that the program has made. */
  takesPercpuObject = false;
  callsCallback = false;
  isSeen = false;
  /** The strongly connected component, 0 for none. */
  scc = 0;
  liveRegsBefore = 0;
  /** Type of the pointer that it accesses memory through. */
  ptrType = NOT_INIT;
  /** It loads through a pointer that may lead to an object of the kernel. */
  isKernelLoad = false;
  /** It computes with an address of an arena, of which only the lower half counts. */
  needsZext = false;
  mapIndex = -1;
  mapOff = 0;
  /** It loads the address of a function of the kernel. */
  isKernelAddress = false;
  fastcallPattern = false;
  fastcallSpillsNum = 0;
  /** It does nothing that counts and is left out of the program that runs. */
  isRemoved = false;
  /** How a distance is kept within bounds when the CPU guesses wrongly, and within which. */
  aluState = 0;
  aluLimit = 0;
  /** The CPU must not go into it, or past it, on a guess. */
  nospec = false;
  nospecResult = false;
  /** Of a call of a helper: the map that it gets, null when it is not always the same one. */
  calledMap: VerifierMap | null | undefined = undefined;
  /** Of a call of bpf_loop: its function, and whether its body may stand in the place of the call. */
  loopInline: { readonly subprogno: number; isFit: boolean } | null = null;
}

interface PendingState {
  readonly state: VerifierState;
  readonly insnIdx: number;
  readonly prevInsnIdx: number;
  readonly logPos: number;
}

const BPF_F_STRICT_ALIGNMENT = 1;
const BPF_F_ANY_ALIGNMENT = 2;
const BPF_F_TEST_STATE_FREQ = 8;
const BPF_F_SLEEPABLE = 16;
const BPF_F_TEST_REG_INVARIANTS = 128;

const NO_TARGET: AttachTarget = Object.freeze({ btfId: 0, btf: undefined, prog: undefined });

/** One check of one program. @linux include/linux/bpf_verifier.h `struct bpf_verifier_env` (6.18) */
export class VerifierEnv {
  readonly input: VerifierInput;
  readonly #insnTexts: (string | undefined)[] = [];
  readonly observer: VerifierObserver | undefined;
  /** A copy of the program: descriptors of maps are replaced by addresses. */
  readonly insns: Insn[];
  /** The same before descriptors of maps became addresses. */
  insnsWithFds: readonly Insn[] = [];
  readonly aux: readonly InsnAux[];
  readonly log: VerifierLog;
  /** Of an extension these three are those of the program that it extends, once that is known. */
  ops: CtxOps | undefined;
  progType: number;
  expectedAttachType: number;
  readonly isGplCompatible: boolean;
  readonly isSleepable: boolean;
  readonly strictAlignment: boolean;
  readonly testStateFreq: boolean;
  readonly testRegInvariants: boolean;
  /** What the capabilities of the task allow. */
  readonly bpfCapable: boolean;
  readonly allowPtrLeaks: boolean;
  readonly allowUninitStack: boolean;
  readonly bypassSpecV1: boolean;
  readonly bypassSpecV4: boolean;

  readonly attach: AttachTarget;
  /** The prototype and the name of what it is attached to. */
  attachFuncProto: BtfFuncProto | undefined = undefined;
  attachFuncName = "";
  /** Arguments of it that are more than their types say. */
  ctxArgInfo: readonly CtxArgInfo[] = [];

  subprogs: SubprogInfo[] = [];
  readonly usedMaps: VerifierMap[] = [];
  /** Types that the load brought along beside its own, and those of functions whose address it loads. */
  readonly usedBtfs = new Set<Btf>();
  /** The functions of the kernel that it calls, by number. */
  readonly kfuncs = new Set<number>();
  /** The types that the program came with, if it came with any. */
  progBtf: Btf | undefined = undefined;
  /** By function; empty when the program came without. */
  funcInfo: readonly FuncInfo[] = [];
  /** By instruction; empty when the program came without. */
  lineInfo: readonly LineInfo[] = [];
  /** The line that the log showed last. */
  prevLineInfo: LineInfo | undefined = undefined;
  postorder: readonly number[] = [];
  /** The function that catches exceptions; 0: the program has none. */
  exceptionCallbackSubprog = 0;

  curState!: VerifierState;
  insnIdx = 0;
  prevInsnIdx = -1;
  /** What the current instruction has added to the history. */
  curHistEntry: HistoryEntry | null = null;
  idGen = 0;
  readonly pending: PendingState[] = [];

  /** By hash of instruction and call site. */
  readonly explored: (StateListEntry | null)[];
  exploredStatesSize = 0;
  freeListSize = 0;
  numBackedges = 0;
  /** Every path may need a limit of its own for what a guess moves a pointer by. */
  exploreAluLimits = false;
  /** It may write into packets. */
  hasDirectWrite = false;
  /** It may be attached as it was loaded for and not otherwise. @linux include/linux/bpf.h `enforce_expected_attach_type` (6.18) */
  enforcesAttachType = false;
  /** By number of the component. */
  sccVisits: SccVisit[][] = [];
  liveness!: Liveness;
  readonly idMap = new IdMap();
  readonly bt = new Backtrack();

  /** Behind the last byte of the context that the program may read or write. */
  maxCtxOffset = 0;
  /** Behind the last byte of buffers of each kind that it may read or write. @linux include/linux/bpf.h `max_rdonly_access` (6.18) */
  readonly bufferAccess: BufferAccess = { tracepoint: 0, rdonly: 0, rdwr: 0 };

  insnProcessed = 0;
  prevInsnProcessed = 0;
  jmpsProcessed = 0;
  prevJmpsProcessed = 0;
  totalStates = 0;
  peakStates = 0;
  maxStatesPerInsn = 0;

  /** What the log shows behind the next instruction: registers, and stack slots in two halves. */
  scratchedRegs = 0;
  scratchedSlotsLo = 0;
  scratchedSlotsHi = 0;
  /** What the current instruction has read or changed so far, whether shown already or not. */
  touchedRegs = 0;
  touchedSlotsLo = 0;
  touchedSlotsHi = 0;
  prevLogPos = 0;
  prevInsnPrintPos = 0;

  constructor(input: VerifierInput, observer?: VerifierObserver) {
    const { insns, progFlags, progType } = input;
    this.input = input;
    this.observer = observer;
    this.insns = insns.map((insn) => ({ ...insn }));
    this.aux = insns.map(() => new InsnAux());
    this.explored = insns.map(() => null);
    this.log = new VerifierLog(input.logLevel, input.logSize);
    this.ops = ctxOpsOf(progType);
    this.progType = progType;
    this.attach = input.attach ?? NO_TARGET;
    this.expectedAttachType = input.expectedAttachType;
    this.isGplCompatible = input.isGplCompatible;
    this.isSleepable = (progFlags & BPF_F_SLEEPABLE) !== 0;
    this.strictAlignment =
      (progFlags & BPF_F_STRICT_ALIGNMENT) !== 0 && (progFlags & BPF_F_ANY_ALIGNMENT) === 0;
    const { bpf, perfmon } = input.caps ?? { bpf: true, perfmon: true };
    this.testStateFreq = bpf && (progFlags & BPF_F_TEST_STATE_FREQ) !== 0;
    this.testRegInvariants = (progFlags & BPF_F_TEST_REG_INVARIANTS) !== 0;
    this.bpfCapable = bpf;
    this.allowPtrLeaks = perfmon;
    this.allowUninitStack = perfmon;
    this.bypassSpecV1 = perfmon;
    this.bypassSpecV4 = perfmon;
  }

  /** An instruction as the log shows it: addresses of maps are not for everyone. */
  insnText(idx: number): string {
    this.#insnTexts[idx] ??= this.#textOf(idx);
    return this.#insnTexts[idx];
  }

  /** @linux kernel/bpf/verifier.c `disasm_kfunc_name` (6.18) */
  #textOf(idx: number): string {
    const insn = this.insns[idx]!;
    if (isKfuncCall(insn)) {
      const func = insn.off === 0 ? btfVmlinux().typeById(insn.imm) : undefined;
      const isNamed = func !== undefined && "nameOff" in func;
      const name = isNamed ? btfVmlinux().nameOf(func) : "<error>";
      return `(85) call ${name}#${insn.imm}`;
    }
    const isHidden = !this.allowPtrLeaks && this.isPseudoMap(idx);
    return insnText(isHidden ? this.#withoutAddress(idx) : this.insns, idx);
  }

  #withoutAddress(idx: number): Insn[] {
    const insns: Insn[] = [];
    insns[idx] = { ...this.insns[idx]!, imm: 0 };
    insns[idx + 1] = { ...this.insns[idx + 1]!, imm: 0 };
    return insns;
  }

  verbose(text: string): void {
    if (this.log.isNeeded) this.log.write(text);
  }

  /** Something that Linux holds for impossible. */
  verifierBug(text: string): void {
    this.verbose(`verifier bug: ${text}\n`);
  }

  /** It takes the place of a function of another program. */
  get isExtension(): boolean {
    return this.input.progType === BPF_PROG_TYPE_EXT;
  }

  /** Whether what is checked now may sleep. @linux kernel/bpf/verifier.c `in_sleepable` (6.18) */
  get inSleepable(): boolean {
    return this.curState.inSleepable;
  }

  get frame(): FuncState {
    return this.curState.frame;
  }

  /** @linux kernel/bpf/verifier.c `update_peak_states` (6.18) */
  updatePeakStates(): void {
    const states = this.exploredStatesSize + this.freeListSize + this.numBackedges;
    this.peakStates = Math.max(this.peakStates, states);
  }

  /** Another function is checked: no path of it has anything to do with those before. */
  forgetStates(): void {
    this.pending.length = 0;
    this.explored.fill(null);
    this.sccVisits = [];
  }

  newId(): number {
    return ++this.idGen;
  }

  isPseudoMap(idx: number): boolean {
    return isLdImm64(this.insns[idx]!) && this.aux[idx]!.mapIndex >= 0;
  }

  /** The function that the instruction belongs to. */
  containingSubprog(idx: number): SubprogInfo {
    return this.subprogs[this.#subprogIndex(idx)]!;
  }

  /** The number of the function that starts there, or -1. */
  findSubprog(start: number): number {
    if (start < 0 || start >= this.insns.length || this.subprogs.length === 0) return -1;
    const index = this.#subprogIndex(start);
    return this.subprogs[index]!.start === start ? index : -1;
  }

  /** Where a function ends: the start of the next one. */
  subprogEnd(index: number): number {
    return this.subprogs[index + 1]?.start ?? this.insns.length;
  }

  #subprogIndex(idx: number): number {
    let low = 0;
    let high = this.subprogs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.subprogs[middle]!.start <= idx) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  markRegScratched(regno: number): void {
    this.scratchedRegs |= 1 << regno;
    this.touchedRegs |= 1 << regno;
  }

  markSlotScratched(spi: number): void {
    const bit = 1 << (spi & 31);
    if (spi < 32) {
      this.scratchedSlotsLo |= bit;
      this.touchedSlotsLo |= bit;
    } else {
      this.scratchedSlotsHi |= bit;
      this.touchedSlotsHi |= bit;
    }
  }

  isSlotTouched(spi: number): boolean {
    const half = spi < 32 ? this.touchedSlotsLo : this.touchedSlotsHi;
    return ((half >>> (spi & 31)) & 1) !== 0;
  }

  forgetTouched(): void {
    this.touchedRegs = 0;
    this.touchedSlotsLo = 0;
    this.touchedSlotsHi = 0;
  }

  isSlotScratched(spi: number): boolean {
    const half = spi < 32 ? this.scratchedSlotsLo : this.scratchedSlotsHi;
    return ((half >>> (spi & 31)) & 1) !== 0;
  }

  get isStateScratched(): boolean {
    return (this.scratchedRegs | this.scratchedSlotsLo | this.scratchedSlotsHi) !== 0;
  }

  markStateClean(): void {
    this.scratchedRegs = 0;
    this.scratchedSlotsLo = 0;
    this.scratchedSlotsHi = 0;
  }

  markStateScratched(): void {
    this.scratchedRegs = -1;
    this.scratchedSlotsLo = -1;
    this.scratchedSlotsHi = -1;
  }
}
