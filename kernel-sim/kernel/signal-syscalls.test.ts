import fc from "fast-check";
import { expect, test } from "vitest";
import { EAGAIN, EINVAL } from "../include/errno.ts";
import {
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
} from "../include/uapi/signal.ts";
import { BARE_MEMORY, bareTask } from "../init/bare-task.ts";
import { dequeueSignal, pendingSignals } from "./signal-dequeue.ts";
import { sigprocmask } from "./signal-mask.ts";
import { sendSignal } from "./signal-send.ts";
import { nextSignal, SYNCHRONOUS_MASK, sigmask } from "./signal-set.ts";
import { signalSyscalls } from "./signal-syscalls.ts";
import type { SyscallFn } from "./syscall.ts";
import type { Task } from "./task.ts";

function sigtask(): Task {
  const task = bareTask();
  // An ordinary process: init would ignore what it does not catch.
  task.signal.flags = 0;
  task.kernel.current = task;
  return task;
}

function queueUser(task: Task, signo: number, scope: "thread" | "process"): number {
  return sendSignal(signo, { signo, errno: 0, code: -1, pid: 1, uid: 0 }, task, scope);
}

test("old signals wait once, real-time ones as often as they were sent", () => {
  const sends = fc.array(
    fc.record({
      signo: fc.integer({ min: 1, max: 64 }).filter((s) => s !== SIGKILL && s !== SIGSTOP),
      scope: fc.constantFrom<"thread" | "process">("thread", "process"),
    }),
    { maxLength: 40 },
  );
  const property = fc.property(sends, (sent) => {
    const task = sigtask();
    task.blocked = (1n << 64n) - 1n;
    const model: { signo: number; scope: string }[] = [];
    for (const { signo, scope } of sent) {
      expect(queueUser(task, signo, scope)).toBe(0);
      const isWaiting = model.some((m) => m.signo === signo && m.scope === scope);
      // SIGCONT and the stop signals take each other away.
      if (signo === 18) remove(model, [20, 21, 22]);
      if (signo >= 20 && signo <= 22) remove(model, [18]);
      if (signo >= SIGRTMIN || !isWaiting) model.push({ signo, scope });
    }
    let expected = 0n;
    for (const { signo } of model) expected |= sigmask(signo);
    expect(pendingSignals(task)).toBe(expected);
    const taken: number[] = [];
    for (let info = dequeueSignal(task, 0n); info !== undefined; info = dequeueSignal(task, 0n)) {
      taken.push(info.signo);
    }
    const order = (scope: string) =>
      model
        .filter((m) => m.scope === scope)
        .map((m) => m.signo)
        .sort((a, b) => rank(a) - rank(b));
    expect(taken).toEqual([...order("thread"), ...order("process")]);
    expect(task.cred.user.sigpending).toBe(0);
  });
  fc.assert(property);
});

function remove(model: { signo: number }[], signals: readonly number[]): void {
  for (let i = model.length - 1; i >= 0; i--) {
    if (signals.includes(model[i]!.signo)) model.splice(i, 1);
  }
}

/** Synchronous signals first, then by number. */
function rank(signo: number): number {
  return (SYNCHRONOUS_MASK & sigmask(signo)) !== 0n ? signo : signo + 100;
}

test("the next signal is the lowest of the synchronous ones, else the lowest", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), (set) => {
      const members = Array.from({ length: 64 }, (_, i) => i + 1).filter(
        (signo) => (set & sigmask(signo)) !== 0n,
      );
      members.sort((a, b) => rank(a) - rank(b));
      expect(nextSignal(set)).toBe(members[0]);
    }),
  );
});

test("a mask follows block, unblock and set, and never holds KILL and STOP", () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom(SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    ),
  );
  fc.assert(
    fc.property(steps, (changes) => {
      const task = sigtask();
      let model = 0n;
      for (const [how, set] of changes) {
        const allowed = set & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
        if (how === SIG_BLOCK) model |= allowed;
        else if (how === SIG_UNBLOCK) model &= ~allowed;
        else model = allowed;
        expect(sigprocmask(task, how, allowed)).toBe(0);
        expect(task.blocked).toBe(model);
      }
    }),
  );
});

test("at RLIMIT_SIGPENDING a queued signal answers EAGAIN, an old one loses its details", () => {
  const task = sigtask();
  task.signal.rlim[11] = { cur: 1, max: 1 };
  task.blocked = (1n << 64n) - 1n;
  expect(queueUser(task, 40, "process")).toBe(0);
  expect(queueUser(task, 40, "process")).toBe(-EAGAIN);
  expect(queueUser(task, 10, "process")).toBe(0);
  expect(dequeueSignal(task, sigmask(40))).toMatchObject({ signo: 10, code: 0, pid: 0, uid: 0 });
});

test("rt_sigaction refuses a set of the wrong size before it looks at the signal", () => {
  const task = sigtask();
  const { rt_sigaction: rtSigaction } = signalSyscalls as { rt_sigaction: SyscallFn };
  expect(rtSigaction(task, 10, 0, BARE_MEMORY, 16, 0, 0)).toBe(-EINVAL);
  expect(rtSigaction(task, 0, 0, BARE_MEMORY, 8, 0, 0)).toBe(-EINVAL);
  expect(rtSigaction(task, 65, 0, BARE_MEMORY, 8, 0, 0)).toBe(-EINVAL);
  // KILL and STOP may be asked for, not set.
  expect(rtSigaction(task, SIGKILL, 0, BARE_MEMORY, 8, 0, 0)).toBe(0);
  expect(rtSigaction(task, SIGKILL, BARE_MEMORY, 0, 8, 0, 0)).toBe(-EINVAL);
});
