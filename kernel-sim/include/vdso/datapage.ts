/*
 * The page that the kernel keeps up to date for the vDSO: `struct vdso_time_data`, offsets in bytes. Programs of 32 and
 * of 64 bits read the same one.
 * @linux include/vdso/datapage.h (6.18)
 */

/** `struct vdso_clock`: what all clocks that need no system call are worked out from. */
export const VC_SEQ = 0;
export const VC_CLOCK_MODE = 4;
export const VC_CYCLE_LAST = 8;
export const VC_MAX_CYCLES = 16;
export const VC_MASK = 24;
export const VC_MULT = 32;
export const VC_SHIFT = 36;
/** One `struct vdso_timestamp` for each clock: seconds, and ns that are shifted left unless the clock is a coarse one. */
export const VC_BASETIME = 40;
export const VDSO_TIMESTAMP_SIZE = 16;
const VDSO_BASES = 12;

/** The second `struct vdso_clock`, of CLOCK_MONOTONIC_RAW (`CS_RAW`). */
export const CS_RAW_OFFSET = VC_BASETIME + VDSO_BASES * VDSO_TIMESTAMP_SIZE;
const CS_BASES = 2;
const MAX_AUX_CLOCKS = 8;

export const VD_TZ_MINUTESWEST = (CS_BASES + MAX_AUX_CLOCKS) * CS_RAW_OFFSET;
export const VD_TZ_DSTTIME = VD_TZ_MINUTESWEST + 4;
export const VD_HRTIMER_RES = VD_TZ_MINUTESWEST + 8;

/** No counter that programs can read, or the time-stamp counter. @linux include/vdso/clocksource.h (6.18) */
export const VDSO_CLOCKMODE_NONE = 0;
export const VDSO_CLOCKMODE_TSC = 1;

/** Clocks as bits: those that are read from the counter, those that stand still between ticks, the unsteered one. */
export const VDSO_HRES = 0x883;
export const VDSO_COARSE = 0x60;
export const VDSO_RAW = 0x10;
export const MAX_CLOCKS = 16;
