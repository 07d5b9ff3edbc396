/**
 * Which stack slots may still be read. Reads and writes are noted while paths are explored, for
 * each chain of calls and instruction; what follows for earlier instructions is worked out when a
 * path ends. A slot that nobody reads any more need not be compared.
 *
 * @linux kernel/bpf/liveness.c (6.18)
 */
import { BPF_REG_SIZE } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import { type FlowTables, flowTables } from "./flow-tables.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";
import type { VerifierState } from "./verifier-state.ts";

/** Words an instruction and frame has: four masks of 64 slots in two halves. */
const WORDS = 8;
const MAY_READ = 0;
const MUST_WRITE = 2;
const MUST_WRITE_ACC = 4;
const LIVE_BEFORE = 6;

/** The calls that lead to a function: their instructions, and last where the function starts. */
type Callchain = readonly number[];

/** A function, as called by one chain of calls. */
class FuncInstance {
  readonly callchain: Callchain;
  /** Where the functions of the chain start. */
  readonly starts: readonly number[];
  readonly insnCnt: number;
  isUpdated = false;
  mustWriteDropped = false;
  /** Where its instructions begin in postorder, once somebody has asked. */
  postorderStart: number | undefined;
  /** Masks of all instructions by frame, as far as anything was noted. */
  readonly frames: (Int32Array | undefined)[];
  /** Whether something is known of what the instruction writes. */
  readonly mustWriteSet: Uint8Array;
  /** By frame, a bit for each instruction in postorder: it has to be worked out again. */
  readonly #stale: (Int32Array | undefined)[];

  constructor(callchain: Callchain, starts: readonly number[], insnCnt: number) {
    this.callchain = callchain;
    this.starts = starts;
    this.insnCnt = insnCnt;
    this.frames = callchain.map(() => undefined);
    this.mustWriteSet = new Uint8Array(insnCnt);
    this.#stale = callchain.map(() => undefined);
  }

  get curframe(): number {
    return this.callchain.length - 1;
  }

  get start(): number {
    return this.starts[this.curframe]!;
  }

  at(insnIdx: number): number {
    return (insnIdx - this.start) * WORDS;
  }

  masks(frame: number): Int32Array {
    const known = this.frames[frame];
    if (known !== undefined) return known;
    const masks = new Int32Array(this.insnCnt * WORDS);
    this.frames[frame] = masks;
    return masks;
  }

  stale(frame: number): Int32Array {
    const known = this.#stale[frame];
    if (known !== undefined) return known;
    const stale = new Int32Array((this.insnCnt + 31) >> 5);
    this.#stale[frame] = stale;
    return stale;
  }

  isLiveBefore(insnIdx: number, frame: number, spi: number): boolean {
    const masks = this.frames[frame];
    if (masks === undefined) return false;
    const half = masks[this.at(insnIdx) + LIVE_BEFORE + (spi >> 5)]!;
    return ((half >>> (spi & 31)) & 1) !== 0;
  }
}

export class Liveness {
  readonly #env: VerifierEnv;
  readonly #instances = new Map<string, FuncInstance>();
  /** Of the current state, as long as it stays in its function. */
  #current: FuncInstance | undefined;
  /** What the current instruction certainly writes, by frame in two halves. */
  readonly #writes = new Int32Array(16);
  #writeInsnIdx = 0;
  #query: FuncInstance[] = [];
  #queryInsnIdx = 0;

  constructor(env: VerifierEnv) {
    this.#env = env;
  }

  /** The current state is in another function now. */
  resetCallchain(): void {
    this.#current = undefined;
  }

  markStackRead(frame: number, insnIdx: number, spi: number): void {
    const lo = spi < 32 ? 1 << spi : 0;
    const hi = spi < 32 ? 0 : 1 << (spi - 32);
    this.#markRead(this.#currentInstance(), frame, insnIdx, lo, hi);
  }

  resetStackWriteMarks(insnIdx: number): void {
    this.#currentInstance();
    this.#resetWrites(insnIdx);
  }

  markStackWrite(frame: number, spi: number): void {
    this.#writes[frame * 2 + (spi >> 5)]! |= 1 << (spi & 31);
  }

  commitStackWriteMarks(): void {
    if (this.#current !== undefined) this.#commit(this.#current);
  }

  /** Works out what the marks of the paths explored so far mean for earlier instructions. */
  update(): void {
    this.resetCallchain();
    const state = this.#env.curState;
    for (let frame = state.curframe; frame >= 0; frame--) {
      const instance = this.#lookup(state, frame);
      if (!instance.isUpdated) continue;
      this.#updateInstance(instance);
      instance.isUpdated = false;
      instance.mustWriteDropped = false;
    }
  }

  /** The state that `isSlotAlive` is asked about from now on. */
  startQuery(state: VerifierState): void {
    this.#query = state.frames.map((_, frame) => this.#lookup(state, frame));
    this.#queryInsnIdx = state.insnIdx;
  }

  isSlotAlive(frameno: number, spi: number): boolean {
    const curframe = this.#query.length - 1;
    const innermost = this.#query[curframe]!;
    if (innermost.isLiveBefore(this.#queryInsnIdx, frameno, spi)) return true;
    for (let i = frameno; i < curframe; i++) {
      const callsite = innermost.callchain[i]!;
      // A function that calls back may do so again: the slots it needs are alive before it.
      const at = this.#env.aux[callsite]!.callsCallback ? callsite : callsite + 1;
      if (this.#query[i]!.isLiveBefore(at, frameno, spi)) return true;
    }
    return false;
  }

  #currentInstance(): FuncInstance {
    const { curState } = this.#env;
    this.#current ??= this.#lookup(curState, curState.curframe);
    return this.#current;
  }

  #lookup(state: VerifierState, frameno: number): FuncInstance {
    const starts: number[] = [];
    const callchain: number[] = [];
    for (let i = 0; i <= frameno; i++) {
      starts.push(this.#env.subprogs[state.frames[i]!.subprogno]!.start);
      callchain.push(i === frameno ? starts[i]! : state.frames[i + 1]!.callsite);
    }
    return this.#instance(callchain, starts);
  }

  #instance(callchain: Callchain, starts: readonly number[]): FuncInstance {
    const key = callchain.join(",");
    const known = this.#instances.get(key);
    if (known !== undefined) return known;
    const subprog = this.#env.findSubprog(starts[starts.length - 1]!);
    const insnCnt = this.#env.subprogEnd(subprog) - this.#env.subprogs[subprog]!.start;
    const instance = new FuncInstance(callchain, starts, insnCnt);
    this.#instances.set(key, instance);
    return instance;
  }

  #markRead(instance: FuncInstance, frame: number, insnIdx: number, lo: number, hi: number): void {
    const masks = instance.masks(frame);
    const at = instance.at(insnIdx);
    const readLo = masks[at + MAY_READ]! | lo;
    const readHi = masks[at + MAY_READ + 1]! | hi;
    const isNew = readLo !== masks[at + MAY_READ] || readHi !== masks[at + MAY_READ + 1];
    const isCovered =
      (readLo & ~masks[at + LIVE_BEFORE]!) === 0 && (readHi & ~masks[at + LIVE_BEFORE + 1]!) === 0;
    if (isNew) this.#outdate(instance, frame, insnIdx);
    if (isNew && !isCovered) instance.isUpdated = true;
    masks[at + MAY_READ] = readLo;
    masks[at + MAY_READ + 1] = readHi;
  }

  #resetWrites(insnIdx: number): void {
    this.#writeInsnIdx = insnIdx;
    this.#writes.fill(0);
  }

  /** What an instruction writes every time is what all visits have in common. */
  #commit(instance: FuncInstance): void {
    const idx = this.#writeInsnIdx - instance.start;
    const isKnown = instance.mustWriteSet[idx] === 1;
    for (let frame = 0; frame <= instance.curframe; frame++) {
      let lo = this.#writes[frame * 2]!;
      let hi = this.#writes[frame * 2 + 1]!;
      if ((lo | hi) === 0 && !isKnown) continue;
      const masks = instance.masks(frame);
      const at = idx * WORDS + MUST_WRITE;
      const oldLo = masks[at]!;
      const oldHi = masks[at + 1]!;
      if (isKnown) {
        lo &= oldLo;
        hi &= oldHi;
      }
      if (lo !== oldLo || hi !== oldHi) {
        masks[at] = lo;
        masks[at + 1] = hi;
        this.#outdate(instance, frame, this.#writeInsnIdx);
        instance.isUpdated = true;
      }
      if ((oldLo & ~lo) !== 0 || (oldHi & ~hi) !== 0) instance.mustWriteDropped = true;
    }
    instance.mustWriteSet[idx] = 1;
    this.#writeInsnIdx = 0;
  }

  #updateInstance(instance: FuncInstance): void {
    const env = this.#env;
    if (instance.mustWriteDropped) this.#forgetMustWriteAcc(instance);
    let rounds = 0;
    for (let isChanged = true; isChanged; rounds++) {
      isChanged = false;
      for (let frame = 0; frame <= instance.curframe; frame++) {
        if (instance.frames[frame] === undefined) continue;
        if (this.#updateFrame(instance, frame)) isChanged = true;
      }
    }
    if ((env.log.level & BPF_LOG_LEVEL2) !== 0) {
      env.verbose(`${chainText(instance)} live stack update done in ${rounds} iterations\n`);
    }
    if (instance.curframe > 0) this.#propagateToCaller(instance);
  }

  /**
   * Works out, in postorder, what has changed since the last time and what follows from that; the others would come to the
   * same. Answers whether anything did.
   */
  #updateFrame(instance: FuncInstance, frame: number): boolean {
    const { postorder } = this.#env;
    const { preds, predStarts } = this.#graph();
    const from = this.#postorderStart(instance);
    const stale = instance.stale(frame);
    let isChanged = false;
    for (let word = 0; word < stale.length; word++) {
      // What an instruction makes stale in front of it waits for the next round.
      for (let left = -1; (stale[word]! & left) !== 0; ) {
        const bits = stale[word]! & left;
        const bit = 31 - Math.clz32(bits & -bits);
        left = bit === 31 ? 0 : -1 << (bit + 1);
        stale[word]! &= ~(1 << bit);
        const insnIdx = postorder[from + word * 32 + bit]!;
        if (!this.#updateInsn(instance, frame, insnIdx)) continue;
        isChanged = true;
        for (let i = predStarts[insnIdx]!; i < predStarts[insnIdx + 1]!; i++) {
          this.#outdate(instance, frame, preds[i]!);
        }
      }
    }
    return isChanged;
  }

  #forgetMustWriteAcc(instance: FuncInstance): void {
    const { postorder, subprogs } = this.#env;
    const from = this.#postorderStart(instance);
    const next = subprogs[this.#env.findSubprog(instance.start) + 1];
    const reachable = postorder.slice(from, next?.postorderStart);
    for (const [frame, masks] of instance.frames.entries()) {
      if (masks === undefined) continue;
      for (let at = MUST_WRITE_ACC; at < masks.length; at += WORDS) masks.fill(0, at, at + 2);
      for (const insnIdx of reachable) this.#outdate(instance, frame, insnIdx);
    }
  }

  #outdate(instance: FuncInstance, frame: number, insnIdx: number): void {
    const place = this.#graph().places[insnIdx]! - this.#postorderStart(instance);
    instance.stale(frame)[place >> 5]! |= 1 << (place & 31);
  }

  #postorderStart(instance: FuncInstance): number {
    const { subprogs } = this.#env;
    instance.postorderStart ??= subprogs[this.#env.findSubprog(instance.start)]!.postorderStart;
    return instance.postorderStart;
  }

  /** What a function reads and certainly writes in the frames of its callers, its call does. */
  #propagateToCaller(instance: FuncInstance): void {
    const { callchain, starts, curframe } = instance;
    const callsite = callchain[curframe - 1]!;
    const outerStarts = starts.slice(0, curframe);
    const outer = this.#instance(
      [...callchain.slice(0, curframe - 1), outerStarts[curframe - 1]!],
      outerStarts,
    );
    this.#resetWrites(callsite);
    for (let frame = 0; frame < curframe; frame++) {
      const masks = instance.frames[frame];
      if (masks === undefined) continue;
      this.#writes[frame * 2]! |= masks[MUST_WRITE_ACC]!;
      this.#writes[frame * 2 + 1]! |= masks[MUST_WRITE_ACC + 1]!;
      this.#markRead(outer, frame, callsite, masks[LIVE_BEFORE]!, masks[LIVE_BEFORE + 1]!);
    }
    this.#commit(outer);
  }

  #graph(): FlowTables {
    this.#tables ??= flowTables(this.#env);
    return this.#tables;
  }

  #tables: FlowTables | undefined;

  /** @returns whether anything changed */
  #updateInsn(instance: FuncInstance, frame: number, insnIdx: number): boolean {
    const { ways } = this.#graph();
    const next = ways[insnIdx * 2]!;
    if (next < 0) return false;
    const masks = instance.masks(frame);
    const at = instance.at(insnIdx);
    const one = instance.at(next);
    const other = instance.at(ways[insnIdx * 2 + 1]!);
    let isChanged = false;
    for (let half = 0; half < 2; half++) {
      const after = masks[one + LIVE_BEFORE + half]! | masks[other + LIVE_BEFORE + half]!;
      const always = masks[one + MUST_WRITE_ACC + half]! & masks[other + MUST_WRITE_ACC + half]!;
      const mustWrite = masks[at + MUST_WRITE + half]!;
      const before = (after & ~mustWrite) | masks[at + MAY_READ + half]!;
      const written = always | mustWrite;
      this.#newMasks[LIVE_BEFORE + half] = before;
      this.#newMasks[MUST_WRITE_ACC + half] = written;
      if (before !== masks[at + LIVE_BEFORE + half]) isChanged = true;
      if (written !== masks[at + MUST_WRITE_ACC + half]) isChanged = true;
    }
    if (!isChanged) return false;
    if ((this.#env.log.level & BPF_LOG_LEVEL2) !== 0) this.#logInsn(instance, frame, insnIdx);
    for (let word = MUST_WRITE_ACC; word < WORDS; word++) masks[at + word] = this.#newMasks[word]!;
    return true;
  }

  readonly #newMasks = new Int32Array(WORDS);

  #logInsn(instance: FuncInstance, frame: number, insnIdx: number): void {
    const masks = instance.masks(frame);
    const at = instance.at(insnIdx);
    const isNoted =
      masks[at + MAY_READ] !== 0 ||
      masks[at + MAY_READ + 1] !== 0 ||
      masks[at + MUST_WRITE] !== 0 ||
      masks[at + MUST_WRITE + 1] !== 0;
    const isShown = isNoted || insnIdx === instance.start || this.#env.aux[insnIdx]!.isPrunePoint;
    if (!isShown) return;
    this.#logMaskChange(instance, "live", frame, insnIdx, LIVE_BEFORE);
    this.#logMaskChange(instance, "written", frame, insnIdx, MUST_WRITE_ACC);
  }

  #logMaskChange(
    instance: FuncInstance,
    name: string,
    frame: number,
    insnIdx: number,
    word: number,
  ): void {
    const masks = instance.masks(frame);
    const at = instance.at(insnIdx) + word;
    const ones: string[] = [];
    const zeros: string[] = [];
    for (let spi = 0; spi < 64; spi++) {
      const isOld = (masks[at + (spi >> 5)]! >>> (spi & 31)) & 1;
      const isNew = (this.#newMasks[word + (spi >> 5)]! >>> (spi & 31)) & 1;
      if (isOld === isNew) continue;
      (isNew === 1 ? ones : zeros).push(String(-(spi + 1) * BPF_REG_SIZE));
    }
    if (ones.length === 0 && zeros.length === 0) return;
    let text = `${chainText(instance)} frame ${frame} insn ${insnIdx} `;
    if (ones.length > 0) text += `+${name} ${ones.join(",")} `;
    if (zeros.length > 0) text += `-${name} ${zeros.join(",")}`;
    this.#env.verbose(`${text}\n`);
  }
}

function chainText({ callchain }: FuncInstance): string {
  return `(${callchain.join(",")})`;
}
