import type {
  HostedSystemCall,
  HostedWatch,
  KernelQuestion,
  KernelReply,
} from "../api/syscalls.ts";
import { type KernelAnswer, TEXT_MAX } from "../kernel/module/kernel-calls.ts";
import type { Driver } from "../kernel/module/run-definition.ts";
import { AHEAD_MAX } from "../kernel/module/syscall-define.ts";
import { TASK_UNINTERRUPTIBLE } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { facade } from "./facade.ts";
import type { LivingKernel } from "./living-kernel.ts";

/** So many steps, and nobody believes any more that there is an end. */
const STEPS_MAX = 20_000;
const ARGS_MAX = 4;

/** Keeps the tasks that wait in a system call for what its code does next. */
export class HostedDriver implements Driver {
  readonly waiting = new Map<number, { readonly question: KernelQuestion; readonly task: Task }>();
  readonly replies = new Map<number, readonly KernelReply[]>();
  watch: HostedWatch = {};

  next(question: KernelQuestion, task: Task): KernelReply | undefined {
    const [reply, ...ahead] = this.replies.get(question.id) ?? [];
    if (reply === undefined) this.waiting.set(question.id, { question, task });
    if (ahead.length > 0) this.replies.set(question.id, ahead);
    else this.replies.delete(question.id);
    return reply;
  }

  /** The host's answer comes, and the task that waits for it goes on. */
  give(id: number, reply: KernelReply): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    const ahead = reply.kind === "call" ? (reply.ahead ?? []) : [];
    this.replies.set(id, [reply, ...ahead]);
    waiting.task.kernel.sched.tryToWakeUp(waiting.task, TASK_UNINTERRUPTIBLE);
  }

  before({ pid }: Task, name: string, args: readonly (number | string)[], index: number): void {
    this.watch.before?.({ pid, name, args, index });
  }

  after(
    { pid }: Task,
    name: string,
    args: readonly (number | string)[],
    index: number,
    answer: KernelAnswer,
  ): void {
    this.watch.after?.({ pid, name, args, index }, answer);
  }

  /** The oops is in the kernel's log. */
  threw(): void {}
}

/** The host's end of a system call whose code runs elsewhere. */
export function hostedCall(
  machine: LivingKernel,
  name: string,
  driver: HostedDriver,
  numbers: { readonly number64: number | undefined; readonly number32: number | undefined },
): HostedSystemCall {
  const { kernel } = machine;
  return facade({
    ...numbers,
    async serve(ask: (question: KernelQuestion) => Promise<unknown>, watch: HostedWatch = {}) {
      driver.watch = watch;
      for (let steps = 0; steps < STEPS_MAX; steps++) {
        machine.guarded(() => kernel.run());
        const [first] = driver.waiting;
        if (first === undefined) {
          // Of calls that ended in an oops.
          driver.replies.clear();
          return;
        }
        const [id, { question }] = first;
        machine.calls.reply(name, id, parseReply(await ask({ ...question, runsAhead: true })));
      }
      throw new Error("the system call does not end");
    },
  });
}

/** What came from elsewhere is believed in nothing. */
function parseReply(answer: unknown): KernelReply {
  const reply = parseStep(answer);
  const { ahead } = (answer ?? {}) as Record<string, unknown>;
  if (reply.kind !== "call" || !Array.isArray(ahead)) return reply;
  return { ...reply, ahead: ahead.slice(0, AHEAD_MAX).map(parseStep) };
}

function parseStep(answer: unknown): KernelReply {
  const { kind, name, args, value, message } = (answer ?? {}) as Record<string, unknown>;
  if (kind === "return" && typeof value === "number") return { kind, value };
  if (kind === "call" && typeof name === "string" && Array.isArray(args)) {
    const plain = args.slice(0, ARGS_MAX).map((arg) => {
      if (typeof arg === "string") return arg.slice(0, TEXT_MAX);
      return typeof arg === "number" ? arg : 0;
    });
    return { kind, name, args: plain };
  }
  return { kind: "threw", name: "Error", message: String(message).slice(0, TEXT_MAX) };
}
