import {
  CS_RAW_OFFSET,
  MAX_CLOCKS,
  VC_BASETIME,
  VC_CLOCK_MODE,
  VC_CYCLE_LAST,
  VC_MULT,
  VC_SEQ,
  VC_SHIFT,
  VDSO_CLOCKMODE_TSC,
  VDSO_COARSE,
  VDSO_HRES,
  VDSO_RAW,
  VDSO_TIMESTAMP_SIZE,
} from "../include/vdso/datapage.ts";
import { getInt64 } from "../mm/uaccess.ts";
import { ComputeRequest, CounterRequest } from "./request.ts";
import type { SysCall, SysPort } from "./sys-port.ts";

/**
 * What the vDSO's `__vdso_clock_gettime` does for a program of machine code: the clock's time in ns, from the program's
 * own memory; undefined when only the kernel knows it.
 *
 * @linux lib/vdso/gettimeofday.c `do_hres`, `do_coarse` (6.18)
 */
export function* readVdsoClock({ context }: SysPort, clockid: number): SysCall<number | undefined> {
  const bit = clockid >= 0 && clockid < MAX_CLOCKS ? 1 << clockid : 0;
  const isCoarse = (bit & VDSO_COARSE) !== 0;
  const { vvar, task } = context;
  if ((bit & (VDSO_HRES | VDSO_COARSE | VDSO_RAW)) === 0 || vvar === 0) return undefined;
  const clock = vvar + ((bit & VDSO_RAW) === 0 ? 0 : CS_RAW_OFFSET);
  const base = VC_BASETIME + clockid * VDSO_TIMESTAMP_SIZE;
  const { vdsoClockNs } = task.kernel.costs;
  for (;;) {
    const data = new DataView(context.peek(clock, base + VDSO_TIMESTAMP_SIZE).buffer);
    const seq = data.getUint32(VC_SEQ, true);
    if (seq % 2 === 1) {
      // The kernel is in the midst of writing.
      yield new ComputeRequest(PAUSE_NS);
      continue;
    }
    if (!isCoarse && data.getInt32(VC_CLOCK_MODE, true) !== VDSO_CLOCKMODE_TSC) return undefined;
    const counter = new CounterRequest(vdsoClockNs);
    yield counter;
    const cycles = context.counted(counter);
    const seqAfter = new DataView(context.peek(clock + VC_SEQ, 4).buffer).getUint32(0, true);
    if (seqAfter !== seq) continue;
    const sec = getInt64(data, base);
    if (isCoarse) return sec * 1e9 + getInt64(data, base + 8);
    return sec * 1e9 + nsOf(data, base + 8, cycles);
  }
}

/** `pause` on a processor of today: 140 cycles (Intel Optimization Manual, Skylake). */
const PAUSE_NS = 47;

/** The ns since the second began: those at the last tick, and the cycles since then times mult. */
function nsOf(data: DataView, at: number, cycles: number): number {
  const delta = Math.max(0, cycles - getInt64(data, VC_CYCLE_LAST));
  const unit = 2 ** data.getUint32(VC_SHIFT, true);
  // Whole ns and their fraction apart: both of them fit into a number.
  const fraction = getInt64(data, at) % unit;
  const whole = (getInt64(data, at) - fraction) / unit;
  return whole + Math.floor((delta * data.getUint32(VC_MULT, true) + fraction) / unit);
}
