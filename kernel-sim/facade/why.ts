import type { WhyRow } from "../api-observe.ts";
import type { Kernel } from "../kernel/kernel.ts";
import {
  TASK_DEAD,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  TASK_STOPPED_BIT,
  TASK_TRACED_BIT,
} from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { currentCall, firstArgument, taskName } from "./inspect-call.ts";
import { type WaitPlace, waitPlaces } from "./inspect-waits.ts";
import { listing } from "./listing.ts";
import { stateLetter } from "./processes.ts";

/** Calls whose first argument is a descriptor. */
const FD_CALLS = new Set(
  "read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 ioctl fcntl flock accept accept4 connect recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg epoll_wait epoll_pwait epoll_pwait2 splice tee sendfile".split(
    " ",
  ),
);

/** Why a task does not run, and along the chain of those who could wake it why they do not. */
export function whyChain(kernel: Kernel, pid: number): readonly WhyRow[] {
  const places = waitPlaces(kernel);
  const rows: WhyRow[] = [];
  const seen = new Set<Task>();
  const ahead = [...kernel.tasks].filter((task) => task.pid === pid);
  while (ahead.length > 0) {
    const task = ahead.shift()!;
    if (seen.has(task)) continue;
    seen.add(task);
    const wait = waitOf(places, task);
    rows.push({
      pid: task.pid,
      comm: task.comm,
      state: stateLetter(task),
      text: sentence(kernel, task, wait),
      waitsFor: wait.map(({ what }) => what).join(", or "),
      wokenBy: Object.freeze(wakersOf(wait).map((waker) => waker.pid)),
      until: isAsleep(task) && task.sleepEnd !== Infinity ? task.sleepEnd : undefined,
      isStuck: isStuck(places, task),
    });
    ahead.push(...wakersOf(wait));
  }
  return listing(rows, (all) =>
    all
      .map(({ comm, pid: id, text, isStuck }) => {
        const end = isStuck ? " Nobody who could wake it will ever run: a deadlock." : "";
        return `${comm} (${id}): ${text}.${end}`;
      })
      .join("\n"),
  );
}

function isAsleep(task: Task): boolean {
  return task.exitState === 0 && task.state !== TASK_RUNNING && task.state !== TASK_DEAD;
}

/** The places where a sleeping task waits: several in poll. */
function waitOf(places: readonly WaitPlace[], task: Task): WaitPlace[] {
  return isAsleep(task) ? places.filter(({ waiters }) => waiters.includes(task)) : [];
}

function wakersOf(wait: readonly WaitPlace[]): Task[] {
  return [...new Set(wait.flatMap(({ wakers }) => wakers))];
}

/** All who could wake it sleep, too, wait for each other alone, and no time or outside wakes any of them. */
function isStuck(places: readonly WaitPlace[], task: Task): boolean {
  const seen = new Set<Task>();
  const ahead = [task];
  while (ahead.length > 0) {
    const next = ahead.pop()!;
    if (seen.has(next)) continue;
    seen.add(next);
    const wait = waitOf(places, next);
    const isOpen = wait.length === 0 || wait.some(({ isFromOutside }) => isFromOutside);
    if (!isAsleep(next) || next.sleepEnd !== Infinity || isOpen) return false;
    ahead.push(...wakersOf(wait));
  }
  return true;
}

/** The state of one task in a sentence, without its full stop. */
function sentence(kernel: Kernel, task: Task, wait: readonly WaitPlace[]): string {
  const rq = kernel.sched.runQueues[task.cpu]!;
  if (task.exitState !== 0) {
    return `has ended; it stays until ${taskName(task.parent)} has waited for it`;
  }
  if (rq.current === task) return `runs on CPU ${task.cpu}`;
  if (task.se.isDlThrottled) {
    const { dlRuntime, dlAbsDeadline, dlDeadline, dlPeriod } = task.se;
    const next = dlAbsDeadline - dlDeadline + dlPeriod;
    return `has used up the ${dlRuntime} ns that SCHED_DEADLINE gives it in a period; it gets more in ${Math.max(0, next - kernel.now())} ns`;
  }
  if (task.se.isQueued) {
    const ahead = kernel.sched.queued(rq).indexOf(task);
    const who = rq.current === undefined ? "nobody runs there" : `${taskName(rq.current)} runs`;
    return `is ready on CPU ${task.cpu}, where ${who}; ${ahead} stand before it${lately(kernel, task)}`;
  }
  if ((task.state & TASK_STOPPED_BIT) !== 0) return "is stopped; SIGCONT lets it go on";
  if ((task.state & TASK_TRACED_BIT) !== 0) {
    return `is stopped for its tracer ${taskName(task.parent)}`;
  }
  return `sleeps ${where(task)}${reasons(kernel, task, wait)}`;
}

const SWITCH = "sched:sched_switch";
const WAKEUP = "sched:sched_wakeup";
const WAKEUP_NEW = "sched:sched_wakeup_new";
/** So far back in the trace it is looked for. */
const EVENTS_BACK = 20_000;

/** How a task that is ready has become so: somebody has taken its CPU, or has woken it. */
function lately({ trace }: Kernel, task: Task): string {
  const last = trace.recorded - 1;
  for (let seq = last; seq > last - EVENTS_BACK; seq--) {
    const name = trace.nameAt(seq);
    if (name === undefined) return "";
    if (name !== SWITCH && name !== WAKEUP && name !== WAKEUP_NEW) continue;
    const event = trace.at(seq);
    if (event === undefined) return "";
    const { fields } = event;
    if (name === SWITCH) {
      if (fields["prev_pid"] !== task.pid) continue;
      const next = `${fields["next_comm"]} (${fields["next_pid"]})`;
      const how = fields["prev_state"] === PREEMPTED ? "was preempted by" : "has left the CPU to";
      return `; it ${how} ${next} at ${event.time} ns`;
    }
    if (fields["pid"] !== task.pid) continue;
    if (name === WAKEUP_NEW) return `; it was made at ${event.time} ns, and has not run yet`;
    const by = event.pid === 0 ? "an interrupt" : `task ${event.pid}`;
    return `; ${by} has woken it at ${event.time} ns`;
  }
  return "";
}

/** "R+": it was running, and would have gone on. */
const PREEMPTED = 0x100;

function where(task: Task): string {
  const call = currentCall(task);
  if (call === undefined) return "in the kernel";
  return FD_CALLS.has(call) ? `in ${call}(${firstArgument(task)}, …)` : `in ${call}()`;
}

function reasons(kernel: Kernel, task: Task, wait: readonly WaitPlace[]): string {
  const parts = wait.map(({ what, wakers, how }) => {
    const names = wakers.map((waker) => (waker === task ? "it itself" : taskName(waker)));
    if (names.length > 0) return ` and waits for ${what}; ${how}: ${names.join(", ")}`;
    return ` and waits for ${what}${how === "" ? "" : `; nobody is left who could (${how})`}`;
  });
  if (task.sleepEnd !== Infinity) {
    parts.push(`; time wakes it in ${Math.max(0, task.sleepEnd - kernel.now())} ns`);
  }
  const isOpen = (task.state & TASK_INTERRUPTIBLE) !== 0;
  parts.push(isOpen ? "; a signal would wake it" : "; no signal wakes it");
  return parts.join("");
}
