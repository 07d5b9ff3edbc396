import { EFAULT, EINVAL, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { CAP_SYS_TIME } from "../../include/uapi/capability.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../../mm/uaccess.ts";
import { capable } from "../cred.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { posixClock } from "./posix-clocks.ts";
import { addNs, NSEC_PER_SEC, NSEC_PER_USEC } from "./time64.ts";
import { timekeeperOf } from "./timekeeping.ts";

const TIMEX_SIZE = 208;
/** Fields of `struct timex`. */
const OFFSET = 8;
const FREQ = 16;
const MAXERROR = 24;
const ESTERROR = 32;
const STATUS = 40;
const CONSTANT = 48;
const PRECISION = 56;
const TOLERANCE = 64;
const TIME = 72;
const TICK = 88;
const TAI = 160;

const ADJ_OFFSET = 0x1;
const ADJ_FREQUENCY = 0x2;
const ADJ_MAXERROR = 0x4;
const ADJ_ESTERROR = 0x8;
const ADJ_STATUS = 0x10;
const ADJ_TIMECONST = 0x20;
const ADJ_TAI = 0x80;
const ADJ_SETOFFSET = 0x100;
const ADJ_MICRO = 0x1000;
const ADJ_NANO = 0x2000;
const ADJ_TICK = 0x4000;
const ADJ_ADJTIME = 0x8000;
const ADJ_OFFSET_SINGLESHOT = 0x8001;
const ADJ_OFFSET_READONLY = 0x2000;

const STA_PLL = 0x1;
const STA_UNSYNC = 0x40;
const STA_NANO = 0x2000;
const STA_RONLY = 0xff00;
const TIME_OK = 0;
const TIME_ERROR = 5;
const MAXFREQ_SCALED = 32_768_000;
const MAX_TAI_OFFSET = 100_000;
const USER_TICK = 10_000;
const MAXTC = 10;
const NTP_PHASE_LIMIT = 16_000_000;

/**
 * What the kernel was told of how exact its clock is.
 *
 * @linux kernel/time/ntp.c `struct ntp_data` (6.18)
 * @simplified the values are kept and shown; the virtual clock has no error that they could correct.
 */
class NtpState {
  status = STA_UNSYNC;
  timeConstant = 2;
  maxError = NTP_PHASE_LIMIT;
  estError = NTP_PHASE_LIMIT;
  freq = 0;
  tick = USER_TICK;
  /** What adjtime(3) still has to do, in us. */
  adjust = 0;
  offset = 0;
}

function ntpState(kernel: Kernel): NtpState {
  return kernel.subsystem("ntp", () => new NtpState());
}

/** @linux kernel/time/time.c `adjtimex` (6.18) @spec adjtimex(2) */
export function sysAdjtimex(task: Task, txc: number): number {
  const view = structFromUser(task, txc, TIMEX_SIZE);
  if (typeof view === "number") return -EFAULT;
  const result = doAdjtimex(task, view);
  if (result < 0) return result;
  return copyToUser(task, txc, new Uint8Array(view.buffer)) < 0 ? -EFAULT : result;
}

/** @linux kernel/time/posix-timers.c `clock_adjtime` (6.18) */
export function sysClockAdjtime(task: Task, whichClock: number, utx: number): number {
  const view = structFromUser(task, utx, TIMEX_SIZE);
  if (typeof view === "number") return -EFAULT;
  const clockid = whichClock | 0;
  const clock = posixClock(clockid);
  if (clock === undefined) return -EINVAL;
  if (!clock.canAdjust) return -EOPNOTSUPP;
  if (clockid !== 0) return -EINVAL;
  const result = doAdjtimex(task, view);
  if (result < 0) return result;
  return copyToUser(task, utx, new Uint8Array(view.buffer)) < 0 ? -EFAULT : result;
}

/** @linux kernel/time/timekeeping.c `timekeeping_validate_timex` (6.18) */
function validate(task: Task, view: DataView, modes: number): number {
  const maySet = capable(task.cred, CAP_SYS_TIME);
  if ((modes & ADJ_ADJTIME) !== 0) {
    if ((modes & ADJ_OFFSET_SINGLESHOT & 1) === 0) return -EINVAL;
    if ((modes & ADJ_OFFSET_READONLY) === 0 && !maySet) return -EPERM;
  } else {
    if (modes !== 0 && !maySet) return -EPERM;
    const tick = getInt64(view, TICK);
    if ((modes & ADJ_TICK) !== 0 && (tick < 900_000 / 100 || tick > 1_100_000 / 100)) {
      return -EINVAL;
    }
  }
  if ((modes & ADJ_SETOFFSET) !== 0) {
    if (!maySet) return -EPERM;
    const part = getInt64(view, TIME + 8);
    const limit = (modes & ADJ_NANO) !== 0 ? NSEC_PER_SEC : 1e6;
    if (part < 0 || part >= limit) return -EINVAL;
  }
  return 0;
}

/** @linux kernel/time/timekeeping.c `do_adjtimex`, kernel/time/ntp.c `ntp_adjtimex` (6.18) */
function doAdjtimex(task: Task, view: DataView): number {
  const { kernel } = task;
  const modes = view.getUint32(0, true);
  const error = validate(task, view, modes);
  if (error < 0) return error;
  const keeper = timekeeperOf(kernel);
  if ((modes & ADJ_SETOFFSET) !== 0) {
    const unit = (modes & ADJ_NANO) !== 0 ? 1 : NSEC_PER_USEC;
    const { sec, nsec } = keeper.realtime();
    const moved = addNs({ sec: sec + getInt64(view, TIME), nsec }, getInt64(view, TIME + 8) * unit);
    const refused = keeper.setRealtime(moved);
    if (refused < 0) return refused;
  }
  const ntp = ntpState(kernel);
  let offset: number;
  if ((modes & ADJ_ADJTIME) !== 0) {
    offset = ntp.adjust;
    if ((modes & ADJ_OFFSET_READONLY) === 0) ntp.adjust = getInt64(view, OFFSET);
  } else {
    applyModes(ntp, view, modes);
    if ((modes & ADJ_TAI) !== 0) {
      const tai = getInt64(view, CONSTANT);
      if (tai >= 0 && tai <= MAX_TAI_OFFSET) keeper.setTaiOffset(tai);
    }
    offset = (ntp.status & STA_NANO) !== 0 ? ntp.offset : Math.trunc(ntp.offset / NSEC_PER_USEC);
  }
  show(view, ntp, offset);
  const time = keeper.realtime();
  setInt64(view, TIME, time.sec);
  const isNano = (ntp.status & STA_NANO) !== 0;
  setInt64(view, TIME + 8, isNano ? time.nsec : Math.floor(time.nsec / NSEC_PER_USEC));
  view.setInt32(TAI, keeper.taiOffset, true);
  return (ntp.status & STA_UNSYNC) !== 0 ? TIME_ERROR : TIME_OK;
}

/** @linux kernel/time/ntp.c `process_adjtimex_modes` (6.18) */
function applyModes(ntp: NtpState, view: DataView, modes: number): void {
  if ((modes & ADJ_STATUS) !== 0) {
    const wanted = view.getInt32(STATUS, true);
    if ((ntp.status & STA_PLL) !== 0 && (wanted & STA_PLL) === 0) ntp.status = STA_UNSYNC;
    ntp.status = (ntp.status & STA_RONLY) | (wanted & ~STA_RONLY);
  }
  if ((modes & ADJ_NANO) !== 0) ntp.status |= STA_NANO;
  if ((modes & ADJ_MICRO) !== 0) ntp.status &= ~STA_NANO;
  if ((modes & ADJ_FREQUENCY) !== 0) {
    const freq = getInt64(view, FREQ);
    ntp.freq = Math.max(-MAXFREQ_SCALED, Math.min(MAXFREQ_SCALED, freq));
  }
  const bounded = (at: number) => Math.max(0, Math.min(NTP_PHASE_LIMIT, getInt64(view, at)));
  if ((modes & ADJ_MAXERROR) !== 0) ntp.maxError = bounded(MAXERROR);
  if ((modes & ADJ_ESTERROR) !== 0) ntp.estError = bounded(ESTERROR);
  if ((modes & ADJ_TIMECONST) !== 0) {
    let constant = Math.max(0, getInt64(view, CONSTANT));
    if ((ntp.status & STA_NANO) === 0) constant += 4;
    ntp.timeConstant = Math.min(constant, MAXTC);
  }
  if ((modes & ADJ_OFFSET) !== 0 && (ntp.status & STA_PLL) !== 0) {
    const unit = (ntp.status & STA_NANO) !== 0 ? 1 : NSEC_PER_USEC;
    ntp.offset = Math.max(-5e8, Math.min(5e8, getInt64(view, OFFSET) * unit));
  }
  if ((modes & ADJ_TICK) !== 0) ntp.tick = getInt64(view, TICK);
}

function show(view: DataView, ntp: NtpState, offset: number): void {
  setInt64(view, OFFSET, offset);
  setInt64(view, FREQ, ntp.freq);
  setInt64(view, MAXERROR, ntp.maxError);
  setInt64(view, ESTERROR, ntp.estError);
  view.setInt32(STATUS, ntp.status, true);
  setInt64(view, CONSTANT, ntp.timeConstant);
  setInt64(view, PRECISION, 1);
  setInt64(view, TOLERANCE, MAXFREQ_SCALED);
  setInt64(view, TICK, ntp.tick);
  // PPS fields, of a machine without such a signal.
  for (let at = TICK + 8; at < TAI; at += 8) setInt64(view, at, 0);
}
