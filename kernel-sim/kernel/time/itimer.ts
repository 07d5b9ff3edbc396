import { EFAULT, EINVAL } from "../../include/errno.ts";
import { SIGALRM } from "../../include/uapi/signal.ts";
import { ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL } from "../../include/uapi/time.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../../mm/uaccess.ts";
import { SEND_SIG_PRIV, sendSignal } from "../signal-send.ts";
import type { Task } from "../task.ts";
import { HrTimer } from "./hrtimer.ts";
import { processSamples } from "./posix-cpu-clocks.ts";
import { type Itimerspec, NSEC_PER_SEC, NSEC_PER_USEC, TICK_NS, timespecToNs } from "./time64.ts";

const ITIMERVAL_SIZE = 32;

/** @linux kernel/time/itimer.c `getitimer` (6.18) @spec getitimer(2) */
export function sysGetitimer(task: Task, which: number, value: number): number {
  const setting = getSetting(task, which | 0);
  return setting === undefined ? -EINVAL : putItimerval(task, setting, value);
}

/** @linux kernel/time/itimer.c `setitimer` (6.18) @spec setitimer(2) */
export function sysSetitimer(task: Task, which: number, value: number, ovalue: number): number {
  let setting: Itimerspec = { intervalNs: 0, valueNs: 0 };
  if (value !== 0) {
    const given = getItimerval(task, value);
    if (typeof given === "number") return given;
    setting = given;
  }
  const old = getSetting(task, which | 0);
  if (old === undefined) return -EINVAL;
  doSetitimer(task, which | 0, setting);
  return ovalue === 0 ? 0 : putItimerval(task, old, ovalue);
}

/** Answers the seconds that were left, rounded, but 1 at least when one was set. @linux kernel/time/itimer.c `alarm_setitimer` (6.18) @spec alarm(2) */
export function sysAlarm(task: Task, seconds: number): number {
  const old = getSetting(task, ITIMER_REAL)!.valueNs;
  doSetitimer(task, ITIMER_REAL, { intervalNs: 0, valueNs: (seconds >>> 0) * NSEC_PER_SEC });
  const whole = Math.floor(old / NSEC_PER_SEC);
  const rest = old - whole * NSEC_PER_SEC;
  return (whole === 0 && rest > 0) || rest >= NSEC_PER_SEC / 2 ? whole + 1 : whole;
}

/** @linux kernel/time/itimer.c `do_getitimer` (6.18) */
function getSetting(task: Task, which: number): Itimerspec | undefined {
  const { signal } = task;
  switch (which) {
    case ITIMER_REAL: {
      const isSet = signal.realTimer?.isActive === true;
      const left = signal.realTimer?.remaining() ?? 0;
      return { intervalNs: signal.itRealIncr, valueNs: isSet ? left || NSEC_PER_USEC : 0 };
    }
    case ITIMER_VIRTUAL:
    case ITIMER_PROF: {
      const { expires, incr } = signal.cpuItimers[which - 1]!;
      if (expires === 0) return { intervalNs: incr, valueNs: 0 };
      const { virt, prof } = processSamples(task);
      const now = which === ITIMER_VIRTUAL ? virt : prof;
      return { intervalNs: incr, valueNs: expires <= now ? TICK_NS : expires - now };
    }
    default:
      return undefined;
  }
}

/** @linux kernel/time/itimer.c `do_setitimer`, `set_cpu_itimer` (6.18) */
function doSetitimer(task: Task, which: number, { intervalNs, valueNs }: Itimerspec): void {
  const { signal, kernel } = task;
  if (which === ITIMER_REAL) {
    const leader = task.groupLeader;
    signal.realTimer ??= new HrTimer(kernel, () => {
      // It runs on only when this one has been taken: so they cannot pile up.
      const target = signal.threads.find((thread) => thread.isThreadGroupLeader) ?? leader;
      sendSignal(SIGALRM, SEND_SIG_PRIV, target, "process");
    });
    signal.realTimer.cancel();
    signal.itRealIncr = valueNs === 0 ? 0 : intervalNs;
    if (valueNs !== 0) signal.realTimer.start(kernel.now() + valueNs);
    return;
  }
  const { virt, prof } = processSamples(task);
  const now = which === ITIMER_VIRTUAL ? virt : prof;
  const itimer = signal.cpuItimers[which - 1]!;
  // One tick more, so that it is never too early.
  itimer.expires = valueNs === 0 ? 0 : now + valueNs + TICK_NS;
  itimer.incr = intervalNs;
}

function getItimerval(task: Task, addr: number): Itimerspec | number {
  const view = structFromUser(task, addr, ITIMERVAL_SIZE);
  if (typeof view === "number") return -EFAULT;
  const intervalNs = timevalNs(view, 0);
  const valueNs = timevalNs(view, 16);
  return intervalNs === undefined || valueNs === undefined ? -EINVAL : { intervalNs, valueNs };
}

function timevalNs(view: DataView, at: number): number | undefined {
  const sec = getInt64(view, at);
  const usec = getInt64(view, at + 8);
  if (sec < 0 || usec < 0 || usec >= 1e6) return undefined;
  return timespecToNs({ sec, nsec: usec * NSEC_PER_USEC });
}

function putItimerval(task: Task, { intervalNs, valueNs }: Itimerspec, addr: number): number {
  const view = new DataView(new ArrayBuffer(ITIMERVAL_SIZE));
  for (const [at, ns] of [
    [0, intervalNs],
    [16, valueNs],
  ] as const) {
    setInt64(view, at, Math.floor(ns / NSEC_PER_SEC));
    setInt64(view, at + 8, Math.floor((ns % NSEC_PER_SEC) / NSEC_PER_USEC));
  }
  return copyToUser(task, addr, new Uint8Array(view.buffer));
}
