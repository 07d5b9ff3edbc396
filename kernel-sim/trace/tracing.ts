import type { BpfLink, Recording, TraceEvent } from "../api.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import type { BpfKernel, CurrentTask } from "../bpf/kernel.ts";
import type { LoadedProgram } from "../bpf/program.ts";
import { BPF_PROG_TYPE_TRACEPOINT } from "../bpf/uapi.ts";
import { facade } from "../facade/facade.ts";
import { EACCES, EINVAL, ENOENT, ENOTSUPP } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { tracepointFormats } from "./formats.ts";
import type { EventFields, TraceRing } from "./ring.ts";
import { TaskNames } from "./task-names.ts";
import { fixedBytes, TRACE_ENTRY_BYTES_MAX, writeEntry } from "./trace-entry.ts";

interface Attachment {
  readonly prog: LoadedProgram;
  runs: number;
}

/**
 * The tracepoints of one machine and the programs attached to them.
 *
 * @linux kernel/trace/bpf_trace.c `trace_call_bpf` (6.18)
 */
export class Tracing {
  readonly #attached = new Map<string, Attachment[]>();
  /** Begins to listen to the living kernel; called once a program is there to hear. */
  #listen: (() => void) | undefined = undefined;

  /** Attaches `prog`; a negative errno when the program or the name does not fit. */
  attach(prog: LoadedProgram, tracepoint: string): BpfLink | number {
    if (prog.type !== BPF_PROG_TYPE_TRACEPOINT) return -EINVAL;
    if (!prog.isRunnable) return -ENOTSUPP;
    const format = tracepointFormats.get(tracepoint);
    if (format === undefined) return -ENOENT;
    if (prog.maxCtxOffset > fixedBytes(format)) return -EACCES;
    const attachment: Attachment = { prog, runs: 0 };
    const attachments = this.#attached.get(tracepoint) ?? [];
    attachments.push(attachment);
    this.#attached.set(tracepoint, attachments);
    this.#listen?.();
    return facade({
      get runs() {
        return attachment.runs;
      },
      detach() {
        const at = attachments.indexOf(attachment);
        if (at >= 0) attachments.splice(at, 1);
      },
    });
  }

  /** What is attached, and how often each has run. */
  attachedPrograms() {
    return [...this.#attached].flatMap(([tracepoint, attachments]) =>
      attachments.map(({ prog: { id, name }, runs }) => ({ tracepoint, id, name, runs })),
    );
  }

  /**
   * From now on the events of a living kernel fire the programs, too. Costs nothing while none is attached.
   *
   * @param bpf the machine's BPF; it exists when a program is attached
   * @param onCharge told of the ns that programs have taken
   */
  listenTo(kernel: Kernel, bpf: () => BpfKernel, onCharge: (ns: number) => void): void {
    const listener = (number: number, cpu: number, fields: EventFields) => {
      const name = kernel.trace.nameOf(number);
      const syscall = syscallEvent(name, fields);
      const fired = syscall ?? { name, fields };
      if (!this.#attached.has(fired.name)) return;
      // In an interrupt `current` is whoever it has interrupted.
      const task = kernel.current ?? kernel.interrupted?.current;
      const executed = this.#run(fired.name, fired.fields, bpf(), cpu, {
        pid: task?.pid ?? 0,
        tgid: task?.tgid ?? 0,
        uid: task?.cred.uid ?? 0,
        gid: task?.cred.gid ?? 0,
        comm: task?.comm ?? `swapper/${cpu}`,
      });
      if (executed === 0) return;
      kernel.chargeCurrent(executed);
      onCharge(executed);
    };
    this.#listen = () => {
      kernel.tracing.listener = listener;
    };
    if (this.#attached.size > 0) this.#listen();
  }

  /** Lets the recorded events happen again, at the same distances in time. */
  replay(recording: Recording, kernel: BpfKernel, ring: TraceRing): number {
    const start = kernel.clock.now();
    const names = new TaskNames(recording.events);
    for (const event of recording.events) {
      kernel.clock.advanceTo(start + event.time);
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
    kernel.clock.advance(this.#run(event.name, event.fields, kernel, cpu, current));
  }

  /** Runs the programs attached to an event; answers the instructions that they took. */
  #run(
    name: string,
    fields: EventFields,
    kernel: BpfKernel,
    cpu: number,
    current: CurrentTask,
  ): number {
    const attachments = this.#attached.get(name);
    const format = tracepointFormats.get(name);
    if (attachments === undefined || attachments.length === 0 || format === undefined) return 0;
    const before = kernel.current;
    kernel.current = current;
    const { memory } = kernel;
    const entry = memory.alloc(TRACE_ENTRY_BYTES_MAX);
    let executed = 0;
    // A program may detach nothing, but the list must not change under the loop all the same.
    for (const attachment of [...attachments]) {
      writeEntry(memory, entry, format, { common_pid: current.pid, ...fields });
      const vm = kernel.cpu(cpu);
      kernel.jit.run(attachment.prog, vm, entry);
      executed += vm.executed;
      attachment.runs++;
    }
    memory.free(entry, TRACE_ENTRY_BYTES_MAX);
    kernel.current = before;
    return executed;
  }
}

/** The event of one system call's own tracepoint, out of that of all calls. */
function syscallEvent(
  name: string,
  fields: EventFields,
): { readonly name: string; readonly fields: EventFields } | undefined {
  const isEnter = name === "raw_syscalls:sys_enter";
  if (!isEnter && name !== "raw_syscalls:sys_exit") return undefined;
  const nr = Number(fields["id"]);
  const own = `syscalls:sys_${isEnter ? "enter" : "exit"}_${syscallNames64[nr]}`;
  const format = tracepointFormats.get(own);
  if (format === undefined) return { name, fields };
  const filled: Record<string, number | bigint | string> = { __syscall_nr: nr };
  format.fields.slice(1).forEach((field, i) => {
    filled[field.name] = (isEnter ? fields[`a${i}`] : fields["ret"]) ?? 0;
  });
  return { name: own, fields: filled };
}
