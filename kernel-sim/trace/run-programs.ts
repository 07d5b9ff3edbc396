import type { CurrentTask } from "../bpf/current-task.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { Attachment } from "./attached.ts";
import { addressOf } from "./kernel-functions.ts";

/** Runs one program with the context at that address; what it answers. */
export type RunProgram = (attachment: Attachment, context: number) => number;

/**
 * Runs programs where they hang, for the task that came there. That may be while another program runs, which is then told
 * again what it was told before.
 *
 * @param body calls `run` for each program that is to run
 * @returns what `body` answers, and how many instructions the programs took
 */
export function runPrograms<T>(
  kernel: BpfKernel,
  { cpu, task }: { readonly cpu: number; readonly task: CurrentTask },
  body: (run: RunProgram) => T,
): { readonly result: T; readonly executed: number } {
  const { current, attachCookie, funcIp, seesAnswer } = kernel;
  kernel.current = task;
  let executed = 0;
  const result = body((attachment, context) => {
    const { hook, prog, cookie } = attachment;
    const vm = kernel.cpu(cpu);
    kernel.attachCookie = cookie;
    if ("func" in hook) kernel.funcIp = addressOf(hook.func);
    kernel.seesAnswer = hook.kind === "trampoline" && hook.place !== "fentry";
    const answer = kernel.jit.run(prog, vm, context) | 0;
    executed += vm.executed;
    kernel.countRun(prog, 1, vm.executed);
    attachment.runs++;
    return answer;
  });
  Object.assign(kernel, { current, attachCookie, funcIp, seesAnswer });
  return { result, executed };
}
