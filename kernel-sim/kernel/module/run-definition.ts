import type { CurrentTask, KernelQuestion, KernelReply } from "../../api/syscalls.ts";
import { bugOops, logOops, type Oops } from "../../arch/x86/oops.ts";
import { USER32_CS } from "../entry/invoke.ts";
import { exitInSyscall } from "../exit.ts";
import { finish, type MaySleep } from "../sleep.ts";
import { TASK_RUNNING, TASK_UNINTERRUPTIBLE } from "../state.ts";
import type { SyscallFn } from "../syscall.ts";
import type { Task } from "../task.ts";
import { callKernel, isKernelCall, type KernelAnswer } from "./kernel-calls.ts";

const LONG_MAX = 2 ** 63;
/** So many calls of kernel functions in one system call, and the watchdog believes no more that it will end. */
const CALLS_MAX = 100_000;

/** Who knows what the code of a system call does next: a definition in this realm, or a host that asks one elsewhere. */
export interface Driver {
  /** Undefined: not yet; the task sleeps until it is woken. */
  next(question: KernelQuestion, task: Task): KernelReply | undefined;
  /** Told of what is called, before and after. */
  before?(task: Task, name: string, args: readonly (number | string)[], index: number): void;
  after?(
    task: Task,
    name: string,
    args: readonly (number | string)[],
    index: number,
    answer: KernelAnswer,
  ): void;
  /** The code has thrown what is no business of the kernel. */
  threw(problem: unknown): void;
}

/** The entry of a table for a system call that `driver` knows. */
export function definedSyscall(name: string, argCount: number, driver: Driver): SyscallFn {
  return (task, ...args) =>
    runDefinition(task, `__do_sys_${name}`, args.slice(0, argCount), driver);
}

/**
 * Runs the code of a system call, a step of the machine for each call that it makes.
 *
 * @linux arch/x86/kernel/dumpstack.c `oops_end`, kernel/exit.c `make_task_dead` (6.18)
 */
function* runDefinition(
  task: Task,
  symbol: string,
  args: readonly number[],
  driver: Driver,
): MaySleep<number> {
  const id = nextId(task);
  let question: KernelQuestion = { kind: "begin", id, args, current: currentOf(task) };
  // The way into the kernel takes its time before the first line runs.
  yield;
  for (let index = 0; index < CALLS_MAX; index++) {
    let reply = driver.next(question, task);
    while (reply === undefined) {
      task.state = TASK_UNINTERRUPTIBLE;
      yield;
      task.state = TASK_RUNNING;
      reply = driver.next(question, task);
    }
    if (reply.kind === "return" && isLong(reply.value)) return Math.trunc(reply.value);
    if (reply.kind !== "call" || !isKernelCall(reply.name)) {
      const why = reply.kind === "threw" ? reply : notALong(symbol);
      driver.threw("error" in why ? why.error : new TypeError(why.message));
      return yield* die(task, symbol, bugOops(`kernel BUG in ${symbol}: ${why.message}`));
    }
    driver.before?.(task, reply.name, reply.args, index);
    const answer = callKernel(task, symbol, reply.name, reply.args);
    if (typeof answer === "object") return yield* die(task, symbol, answer);
    driver.after?.(task, reply.name, reply.args, index, answer);
    question = { kind: "answer", id, answer };
    // Here other CPUs go on: nothing that was read before needs to hold any longer.
    yield;
  }
  const { cpu, comm, pid } = task;
  const why = `watchdog: BUG: soft lockup - CPU#${cpu} stuck for 26s! [${comm}:${pid}]`;
  return yield* die(task, symbol, { kind: "oops", lines: [why], signo: 9 });
}

function* die(task: Task, symbol: string, oops: Oops): MaySleep<number> {
  logOops(task, oops, symbol);
  return yield* finish(exitInSyscall(task, oops.signo));
}

function currentOf({ pid, tgid, cred, comm, regs }: Task): CurrentTask {
  return { pid, tgid, uid: cred.uid, comm, isCompat: regs.cs === USER32_CS };
}

function nextId({ kernel }: Task): number {
  return ++kernel.subsystem("module.calls", () => ({ id: 0 })).id;
}

function isLong(value: unknown): value is number {
  return typeof value === "number" && value >= -LONG_MAX && value <= LONG_MAX;
}

function notALong(symbol: string) {
  return { message: `${symbol} must return a number, as a long` };
}
