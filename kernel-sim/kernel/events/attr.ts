import { PAGE_SIZE } from "../../hw/phys-memory.ts";
import { E2BIG, EFAULT, EINVAL } from "../../include/errno.ts";
import { copyFromUser, putUser32 } from "../../mm/uaccess.ts";
import type { Task } from "../task.ts";

/** What an event is to be. @linux include/uapi/linux/perf_event.h `struct perf_event_attr` (6.18) */
export interface PerfAttr {
  readonly type: number;
  readonly config: number;
  /** Between two samples; or, with `FREQ`, how many in a second. */
  readonly samplePeriod: number;
  readonly sampleType: number;
  readonly readFormat: number;
  readonly flags: number;
  readonly flagsHigh: number;
  /** Numbers with a sign: addresses. */
  readonly config1: number;
  readonly config2: number;
  readonly clockid: number;
  /** Registers that are neither of the 32 first. */
  readonly hasExtendedRegs: boolean;
  readonly maxStack: number;
  readonly auxAction: number;
  readonly auxSampleSize: number;
}

/** Bits of `flags`. */
export const ATTR_DISABLED = 1 << 0;
export const ATTR_INHERIT = 1 << 1;
export const ATTR_PINNED = 1 << 2;
export const ATTR_EXCLUSIVE = 1 << 3;
export const ATTR_EXCLUDE_USER = 1 << 4;
export const ATTR_EXCLUDE_KERNEL = 1 << 5;
export const ATTR_FREQ = 1 << 10;
export const ATTR_ENABLE_ON_EXEC = 1 << 12;
export const ATTR_USE_CLOCKID = 1 << 25;
export const ATTR_NAMESPACES = 1 << 28;
export const ATTR_AUX_OUTPUT = 1 << 31;
/** Bits of `flagsHigh`. */
export const ATTR_INHERIT_THREAD = 1 << 3;
export const ATTR_REMOVE_ON_EXEC = 1 << 4;
export const ATTR_SIGTRAP = 1 << 5;
const KNOWN_HIGH = (1 << 6) - 1;

export const SAMPLE_TID = 1 << 1;
export const SAMPLE_READ = 1 << 4;
export const SAMPLE_CALLCHAIN = 1 << 5;
export const SAMPLE_RAW = 1 << 10;
export const SAMPLE_BRANCH_STACK = 1 << 11;
const SAMPLE_REGS_USER = 1 << 12;
const SAMPLE_STACK_USER = 1 << 13;
const SAMPLE_WEIGHT = 1 << 14;
const SAMPLE_REGS_INTR = 1 << 18;
export const SAMPLE_PHYS_ADDR = 1 << 19;
const SAMPLE_WEIGHT_STRUCT = 1 << 24;
const SAMPLE_MAX = 1 << 25;

export const FORMAT_ENABLED = 1;
export const FORMAT_RUNNING = 2;
export const FORMAT_ID = 4;
export const FORMAT_GROUP = 8;
export const FORMAT_LOST = 16;
const FORMAT_MAX = 32;

const BRANCH_PLM_ALL = 7;
const BRANCH_MAX = 1 << 20;
const USHRT_MAX = 0xffff;

const ATTR_BYTES = 136;
const ATTR_SIZE_VER0 = 64;
const SIZE = 4;

/** DS, ES, FS, GS and what lies between R15 and XMM0. @linux arch/x86/kernel/perf_regs.c `REG_NOSUPPORT` (6.18) */
const REG_NOSUPPORT = 0xff00_f000;

/**
 * Reads the block. A size that this kernel does not know is told what it should be.
 *
 * @linux kernel/events/core.c `perf_copy_attr` (6.18)
 */
export function perfCopyAttr(task: Task, address: number): PerfAttr | number {
  const start = copyFromUser(task, address, SIZE + 4);
  if (typeof start === "number") return -EFAULT;
  const told = new DataView(start.buffer, start.byteOffset).getUint32(SIZE, true);
  // Very old programs say none.
  const size = told === 0 ? ATTR_SIZE_VER0 : told;
  const bytes = size < ATTR_SIZE_VER0 || size > PAGE_SIZE ? -E2BIG : known(task, address, size);
  if (bytes === -E2BIG) putUser32(task, address + SIZE, ATTR_BYTES);
  return typeof bytes === "number" ? bytes : checked(new DataView(bytes.buffer));
}

/** What is known of it; the rest must be 0. @linux include/linux/uaccess.h `copy_struct_from_user` (6.18) */
function known(task: Task, address: number, size: number): Uint8Array | number {
  const given = copyFromUser(task, address, size);
  if (typeof given === "number") return -EFAULT;
  if (given.subarray(ATTR_BYTES).some((byte) => byte !== 0)) return -E2BIG;
  const bytes = new Uint8Array(ATTR_BYTES);
  bytes.set(given.subarray(0, ATTR_BYTES));
  return bytes;
}

function checked(view: DataView): PerfAttr | number {
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => u32(at + 4) * 2 ** 32 + u32(at);
  const s64 = (at: number) => view.getInt32(at + 4, true) * 2 ** 32 + u32(at);
  const flagsHigh = u32(44);
  if ((flagsHigh & ~KNOWN_HIGH) !== 0 || view.getUint16(110, true) !== 0) return -EINVAL;
  const auxAction = u32(116);
  if ((auxAction & ~7) !== 0) return -EINVAL;
  if (u64(24) >= SAMPLE_MAX || u64(32) >= FORMAT_MAX) return -EINVAL;
  const sampleType = u32(24);
  const samples = (bit: number) => (sampleType & bit) !== 0;
  if (samples(SAMPLE_BRANCH_STACK)) {
    const mask = u64(72);
    if (mask >= BRANCH_MAX || (mask & ~BRANCH_PLM_ALL) === 0) return -EINVAL;
  }
  if (samples(SAMPLE_REGS_USER) && !areRegs(u32(80), u32(84))) return -EINVAL;
  if (samples(SAMPLE_STACK_USER)) {
    const bytes = u32(88);
    if (bytes >= USHRT_MAX || bytes % 8 !== 0) return -EINVAL;
  }
  if (samples(SAMPLE_REGS_INTR) && !areRegs(u32(96), u32(100))) return -EINVAL;
  if (samples(SAMPLE_WEIGHT) && samples(SAMPLE_WEIGHT_STRUCT)) return -EINVAL;
  const flags = u32(40) | 0;
  if ((flagsHigh & ATTR_INHERIT_THREAD) !== 0 && (flags & ATTR_INHERIT) === 0) return -EINVAL;
  const isGoneAtExec = (flagsHigh & ATTR_REMOVE_ON_EXEC) !== 0;
  if (isGoneAtExec && (flags & ATTR_ENABLE_ON_EXEC) !== 0) return -EINVAL;
  if ((flagsHigh & ATTR_SIGTRAP) !== 0 && !isGoneAtExec) return -EINVAL;
  return {
    ...{ type: u32(0), config: u64(8), samplePeriod: u64(16), sampleType, readFormat: u32(32) },
    ...{ flags, flagsHigh, config1: s64(56), config2: s64(64), clockid: view.getInt32(92, true) },
    hasExtendedRegs:
      (samples(SAMPLE_REGS_USER) && u32(84) !== 0) || (samples(SAMPLE_REGS_INTR) && u32(100) !== 0),
    ...{ maxStack: view.getUint16(108, true), auxAction, auxSampleSize: u32(112) },
  };
}

/** @linux arch/x86/kernel/perf_regs.c `perf_reg_validate` (6.18) */
function areRegs(low: number, high: number): boolean {
  return (low !== 0 || high !== 0) && (low & REG_NOSUPPORT) === 0;
}
