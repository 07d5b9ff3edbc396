import type { Recording, TraceEvent } from "../api.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import type { CurrentTask } from "../bpf/current-task.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { AttachedPrograms } from "./attached.ts";
import { tracepointFormats } from "./formats.ts";
import { FunctionHooks } from "./function-hooks.ts";
import { hookName } from "./hooks.ts";
import { functionOfSyscall, isInnerFunction } from "./kernel-functions.ts";
import { CONTEXT_BYTES, writeContext } from "./program-context.ts";
import type { EventFields, TraceRing } from "./ring.ts";
import { runPrograms } from "./run-programs.ts";
import { isSecurityFunction, securityWithProbes } from "./security-probes.ts";
import { TaskNames } from "./task-names.ts";

/**
 * The hooks of one machine and the programs attached to them.
 *
 * @linux kernel/trace/bpf_trace.c `trace_call_bpf`, `__bpf_trace_run` (6.18)
 */
export class Tracing {
  readonly attached = new AttachedPrograms();
  /** By number of the task: what it has called the kernel with. */
  readonly #entered = new Map<number, EventFields>();
  /** What is attached, and how often each has run. */
  attachedPrograms() {
    return this.attached.all().map(({ prog: { id, name }, hook, runs }) => ({
      tracepoint: hook.kind === "tracepoint" ? hook.event : hookName(hook),
      id,
      name,
      runs,
    }));
  }

  /**
   * From now on the events of a living kernel fire the programs, too. Costs nothing while none is attached.
   *
   * @param bpf the machine's BPF; it exists when a program is attached
   */
  listenTo(kernel: Kernel, bpf: () => BpfKernel, host: TracedHost): void {
    // In an interrupt `current` is whoever it has interrupted.
    const running = () => kernel.current ?? kernel.interrupted?.current;
    const current = (cpu: number): CurrentTask => {
      const task = running();
      return task === undefined ? idleTask(cpu) : host.bpfTaskOf(task);
    };
    const charge = (ns: number) => {
      kernel.chargeCurrent(ns);
      host.noteCharge(ns);
    };
    const listener = (number: number, cpu: number, fields: EventFields) => {
      const fired = this.#firedBy(kernel.trace.nameOf(number), fields, running()?.pid ?? 0);
      if (fired.length === 0) return;
      const task = current(cpu);
      let executed = 0;
      for (const { event, fields: own } of fired) {
        const found = (pid: number) => bpf().living?.find(pid);
        executed += this.#run(event, own, bpf(), cpu, task, found);
      }
      if (executed > 0) charge(executed);
    };
    const { attached } = this;
    const { security } = kernel.hooks;
    const probes = new FunctionHooks({
      ...{ attached, bpf, charge },
      current() {
        const { cpu } = kernel.current ?? kernel.interrupted ?? { cpu: 0 };
        return { cpu, task: current(cpu) };
      },
    });
    const asked = securityWithProbes(security, probes);
    attached.onChange = () => {
      kernel.tracing.listener = attached.all().length > 0 ? listener : undefined;
      kernel.probes = attached.hangsOn(isInnerFunction) ? probes : undefined;
      kernel.hooks.security = attached.hangsOn(isSecurityFunction) ? asked : security;
    };
    attached.onChange();
  }

  /** Lets the recorded events happen again, at the same distances in time. */
  replay(recording: Recording, kernel: BpfKernel, ring: TraceRing): number {
    const start = kernel.clock.now();
    const names = new TaskNames(recording.events);
    for (const event of recording.events) {
      kernel.async.advanceTo(start + event.time);
      names.learn(event);
      this.#fire(event, kernel, ring, names);
    }
    return recording.events.length;
  }

  #fire(event: TraceEvent, kernel: BpfKernel, ring: TraceRing, names: TaskNames): void {
    const cpu = event.cpu % kernel.cpus;
    const eventPid = Number(event.fields["common_pid"] ?? 0);
    ring.record(ring.nameNumber(event.name), kernel.clock.now(), cpu, event.fields, eventPid);
    const current = { pid: eventPid, tgid: eventPid, uid: 0, gid: 0, comm: names.of(eventPid) };
    kernel.clock.advance(
      this.#run(event.name, event.fields, kernel, cpu, current, () => undefined),
    );
  }

  /** What of the hooks an event of the trace reaches, in Linux's order; nothing where nobody listens. */
  #firedBy(name: string, fields: EventFields, pid: number): FiredEvent[] {
    const isEnter = name === "raw_syscalls:sys_enter";
    if (!isEnter && name !== "raw_syscalls:sys_exit") return this.#heard([{ event: name, fields }]);
    const func = functionOfSyscall(Number(fields["id"])) ?? "";
    if (isEnter) {
      this.#entered.set(pid, fields);
      const own = syscallEvent(fields, isEnter);
      return this.#heard([
        { event: name, fields },
        own,
        { event: `kprobe:${func}`, fields },
        { event: `fentry:${func}`, fields },
      ]);
    }
    const entered = this.#entered.get(pid);
    const both = { ...entered, ...fields };
    this.#entered.delete(pid);
    const own = syscallEvent(fields, isEnter);
    return this.#heard([
      { event: `fexit:${func}`, fields: both },
      { event: `kretprobe:${func}`, fields: both },
      { event: name, fields: both },
      own,
    ]);
  }

  #heard(events: readonly (FiredEvent | undefined)[]): FiredEvent[] {
    return events.filter(
      (fired): fired is FiredEvent => fired !== undefined && this.attached.has(fired.event),
    );
  }

  /** Runs the programs attached to an event; answers the instructions that they took. */
  #run(
    event: string,
    fields: EventFields,
    kernel: BpfKernel,
    cpu: number,
    current: CurrentTask,
    find: (pid: number) => CurrentTask | undefined,
  ): number {
    const attachments = this.attached.at(event);
    if (attachments.length === 0) return 0;
    const { memory } = kernel;
    kernel.structs.settle();
    const context = memory.alloc(CONTEXT_BYTES);
    // Without memory the event is lost.
    if (context === 0) return 0;
    const taskAddress = (pid: number, comm: string) => {
      const told = { pid, tgid: pid, uid: 0, gid: 0, comm };
      const known = pid === current.pid ? current : pid > 0 ? find(pid) : undefined;
      return kernel.tasks.addressOf(known ?? told);
    };
    const { executed } = runPrograms(kernel, { cpu, task: current }, (run) => {
      for (const attachment of attachments) {
        run(
          attachment,
          writeContext(memory, context, attachment.hook, fields, current.pid, taskAddress),
        );
      }
    });
    memory.free(context, CONTEXT_BYTES);
    return executed;
  }
}

function idleTask(cpu: number): CurrentTask {
  return { pid: 0, tgid: 0, uid: 0, gid: 0, comm: `swapper/${cpu}` };
}

/** Who runs the living kernel. */
interface TracedHost {
  bpfTaskOf(task: Task): CurrentTask;
  /** Told of the ns that programs have taken. */
  noteCharge(ns: number): void;
}

interface FiredEvent {
  readonly event: string;
  readonly fields: EventFields;
}

/** The event of one system call's own tracepoint, out of that of all calls. */
function syscallEvent(fields: EventFields, isEnter: boolean): FiredEvent | undefined {
  const nr = Number(fields["id"]);
  const event = `syscalls:sys_${isEnter ? "enter" : "exit"}_${syscallNames64[nr]}`;
  const format = tracepointFormats.get(event);
  if (format === undefined) return undefined;
  const filled: Record<string, number | bigint | string> = { __syscall_nr: nr };
  format.fields.slice(1).forEach((field, i) => {
    filled[field.name] = (isEnter ? fields[`a${i}`] : fields["ret"]) ?? 0;
  });
  return { event, fields: filled };
}
