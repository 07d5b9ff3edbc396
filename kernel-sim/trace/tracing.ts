import type { Recording, TraceEvent } from "../api.ts";
import type { CurrentTask } from "../bpf/current-task.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { USER32_CS } from "../kernel/entry/invoke.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { AttachedPrograms } from "./attached.ts";
import { FunctionHooks } from "./function-hooks.ts";
import { hookName } from "./hooks.ts";
import { functionOfEntry, isInnerFunction } from "./kernel-functions.ts";
import { perfPlaces } from "./perf-places.ts";
import { CONTEXT_BYTES, writeContext } from "./program-context.ts";
import type { EventFields, TraceRing } from "./ring.ts";
import { runPerfProgram } from "./run-perf-program.ts";
import { runPrograms } from "./run-programs.ts";
import { isSecurityFunction, securityWithProbes, taskHooksWithProbes } from "./security-probes.ts";
import { entryName } from "./syscall-names.ts";
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
    const fire = (fired: readonly FiredEvent[], cpu: number) => {
      if (fired.length === 0) return;
      const task = current(cpu);
      let executed = 0;
      for (const { event, fields: own } of fired) {
        const found = (pid: number) => bpf().living?.find(pid);
        executed += this.#run(event, own, bpf(), cpu, task, found);
      }
      if (executed > 0) charge(executed);
    };
    const listener = (number: number, cpu: number, fields: EventFields) => {
      fire(this.#firedBy(kernel.trace.nameOf(number), fields, running()), cpu);
    };
    const { attached } = this;
    const { security, taskKill, ptraceAccess } = kernel.hooks;
    const taskHooks = { taskKill, ptraceAccess };
    const probes = new FunctionHooks({
      ...{ attached, bpf, charge },
      current() {
        const { cpu } = kernel.current ?? kernel.interrupted ?? { cpu: 0 };
        return { cpu, task: current(cpu) };
      },
      fire(event, fields) {
        if (attached.has(event)) fire([{ event, fields: fields() }], running()?.cpu ?? 0);
      },
    });
    const asked = securityWithProbes(security, probes);
    const askedOfTasks = taskHooksWithProbes(taskHooks, probes);
    attached.onChange = () => {
      kernel.tracing.listener = attached.isEmpty ? undefined : listener;
      const isProbed =
        attached.hangsOn(isInnerFunction) || UNRECORDED.some((name) => attached.has(name));
      kernel.probes = isProbed ? probes : undefined;
      const isAsked = attached.hangsOn(isSecurityFunction);
      kernel.hooks.security = isAsked ? asked : security;
      Object.assign(kernel.hooks, isAsked ? askedOfTasks : taskHooks);
    };
    attached.onChange();
    kernel.hooks.perfPlaces = perfPlaces(attached, (event, period) => {
      const task = running();
      const cpu = task?.cpu ?? kernel.interrupted?.cpu ?? 0;
      const executed = runPerfProgram(bpf(), event, { cpu, task: current(cpu) }, period);
      if (executed > 0) charge(executed);
    });
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
  #firedBy(name: string, fields: EventFields, task: Task | undefined): FiredEvent[] {
    const isEnter = name === "raw_syscalls:sys_enter";
    if (!isEnter && name !== "raw_syscalls:sys_exit") return this.#heard([{ event: name, fields }]);
    const nr = Number(fields["id"]);
    const pid = task?.pid ?? 0;
    // The calls of 32-bit programs have no tracepoints of their own, and other functions.
    const entry = task?.regs.cs === USER32_CS ? undefined : entryName(nr);
    const func = functionOfEntry(entry ?? "");
    const own = `syscalls:sys_${isEnter ? "enter" : "exit"}_${entry}`;
    if (isEnter) {
      // The trace keeps five arguments.
      const all = { ...fields, a5: task?.regs.r9 ?? 0 };
      this.#entered.set(pid, all);
      return this.#heard([
        { event: name, fields: all },
        { event: own, fields: { ...all, __syscall_nr: nr } },
        { event: `kprobe:${func}`, fields: all },
        { event: `fentry:${func}`, fields: all },
      ]);
    }
    const both = { ...this.#entered.get(pid), ...fields };
    this.#entered.delete(pid);
    return this.#heard([
      { event: `fexit:${func}`, fields: both },
      { event: `kretprobe:${func}`, fields: both },
      { event: name, fields: both },
      { event: own, fields: { ...both, __syscall_nr: nr } },
    ]);
  }

  #heard(events: readonly FiredEvent[]): FiredEvent[] {
    return events.filter(({ event }) => this.attached.has(event));
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
    if (attachments.length === 0) {
      this.attached.hit(event, cpu);
      return 0;
    }
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
      let isHeard = true;
      for (const attachment of attachments) {
        const { hook } = attachment;
        const at = writeContext(memory, context, hook, fields, current.pid, taskAddress);
        if (run(attachment, at) === 0 && hook.kind !== "raw_tracepoint") isHeard = false;
      }
      // It is counted if all of its programs want that.
      if (isHeard) this.attached.hit(event, cpu);
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

/** Tracepoints that leave nothing in the trace. */
const UNRECORDED: readonly string[] = [
  "sched:sched_migrate_task",
  "sched:sched_prepare_exec",
  "sched:sched_waking",
  "task:task_newtask",
];
