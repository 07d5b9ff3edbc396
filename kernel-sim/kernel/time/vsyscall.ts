import {
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_REALTIME,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
} from "../../include/uapi/time.ts";
import {
  CS_RAW_OFFSET,
  VC_BASETIME,
  VC_CLOCK_MODE,
  VC_CYCLE_LAST,
  VC_MASK,
  VC_MAX_CYCLES,
  VC_MULT,
  VC_SEQ,
  VC_SHIFT,
  VD_HRTIMER_RES,
  VD_TZ_DSTTIME,
  VD_TZ_MINUTESWEST,
  VDSO_CLOCKMODE_NONE,
  VDSO_CLOCKMODE_TSC,
  VDSO_TIMESTAMP_SIZE,
} from "../../include/vdso/datapage.ts";
import type { Kernel } from "../kernel.ts";
import { nsToTimespec, TICK_NS, type Timespec64 } from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

/** The time-stamp counter of a 3 GHz processor. */
export const TSC_PER_NS = 3;

/** What Linux works out for a counter of 3 GHz that shall run for ten minutes (`clocks_calc_mult_shift`). */
const SHIFT = 24;
/** 2^24 / 3, rounded up as the steering of the clock does it: a ns is never one too few. */
const MULT = 5_592_406;
/** 2^64 / (mult + 11 %): with more cycles the product would need more than 64 bits. */
const MAX_CYCLES = 2_971_653_488_460;

/**
 * The kernel's side of the page that the vDSO reads.
 *
 * @linux kernel/time/vsyscall.c (6.18)
 * @simplified the page is also brought up to date before a program runs that could read it, so that it is right on a
 * machine without a timer.
 */
export class Vsyscall {
  readonly #kernel: Kernel;
  readonly #page: DataView;
  /** When there is something new to say. */
  #nextNs = 0;

  constructor(kernel: Kernel, page: Uint8Array<ArrayBuffer>) {
    this.#kernel = kernel;
    this.#page = new DataView(page.buffer, page.byteOffset, page.length);
    timekeeperOf(kernel).vsyscall = this;
    this.update();
  }

  /** The clocks have gone on by a tick, or somebody may look. */
  tick(): void {
    if (this.#kernel.now() >= this.#nextNs) this.update();
  }

  /** @linux kernel/time/vsyscall.c `update_vsyscall`, `update_vsyscall_tz` (6.18) */
  update(): void {
    const keeper = timekeeperOf(this.#kernel);
    const lastNs = keeper.monotonicCoarse();
    this.#nextNs = lastNs + TICK_NS;
    const real = keeper.realtimeCoarse();
    const mono = nsToTimespec(lastNs);
    const tai = { sec: real.sec + keeper.taiOffset, nsec: real.nsec };
    const page = this.#page;
    const hasCounter = this.#kernel.costs.rdtscNs !== undefined;
    const mode = hasCounter ? VDSO_CLOCKMODE_TSC : VDSO_CLOCKMODE_NONE;
    // Odd while the page is written: who reads it then waits.
    const seq = page.getUint32(VC_SEQ, true) | 1;
    for (const clock of [0, CS_RAW_OFFSET]) {
      page.setUint32(clock + VC_SEQ, seq, true);
      page.setInt32(clock + VC_CLOCK_MODE, mode, true);
      this.#put64(clock + VC_CYCLE_LAST, lastNs * TSC_PER_NS);
      this.#put64(clock + VC_MAX_CYCLES, MAX_CYCLES);
      page.setInt32(clock + VC_MASK, -1, true);
      page.setInt32(clock + VC_MASK + 4, -1, true);
      page.setUint32(clock + VC_MULT, MULT, true);
      page.setUint32(clock + VC_SHIFT, SHIFT, true);
    }
    this.#base(CLOCK_REALTIME, real, SHIFT);
    this.#base(CLOCK_MONOTONIC, mono, SHIFT);
    this.#base(CLOCK_BOOTTIME, mono, SHIFT);
    this.#base(CLOCK_TAI, tai, SHIFT);
    this.#base(CLOCK_REALTIME_COARSE, real, 0);
    this.#base(CLOCK_MONOTONIC_COARSE, mono, 0);
    this.#base(CLOCK_MONOTONIC_RAW, mono, SHIFT, CS_RAW_OFFSET);
    page.setInt32(VD_TZ_MINUTESWEST, keeper.minutesWest, true);
    page.setInt32(VD_TZ_DSTTIME, keeper.dstTime, true);
    page.setUint32(VD_HRTIMER_RES, 1, true);
    for (const clock of [0, CS_RAW_OFFSET]) page.setUint32(clock + VC_SEQ, seq + 1, true);
  }

  #base(clockid: number, { sec, nsec }: Timespec64, shift: number, clock = 0): void {
    const at = clock + VC_BASETIME + clockid * VDSO_TIMESTAMP_SIZE;
    this.#put64(at, sec);
    this.#put64(at + 8, nsec * 2 ** shift);
  }

  /** Numbers beyond 2^53 that come here have zeros at their end. */
  #put64(at: number, value: number): void {
    this.#page.setUint32(at, value % 2 ** 32, true);
    this.#page.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}
