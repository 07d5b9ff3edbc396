import type { BpfLink, Recording, TraceEvent } from "../api.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { LoadedProgram } from "../bpf/program.ts";
import { BPF_PROG_TYPE_TRACEPOINT } from "../bpf/uapi.ts";
import { facade } from "../facade/facade.ts";
import { EACCES, EINVAL, ENOENT, ENOTSUPP } from "../include/errno.ts";
import { tracepointFormats } from "./formats.ts";
import type { TraceRing } from "./ring.ts";
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
    const attachments = this.#attached.get(event.name);
    const format = tracepointFormats.get(event.name);
    if (attachments === undefined || attachments.length === 0 || format === undefined) return;
    const before = kernel.current;
    kernel.current = {
      pid: eventPid,
      tgid: eventPid,
      uid: 0,
      gid: 0,
      comm: names.of(eventPid),
    };
    const { memory } = kernel;
    const entry = memory.alloc(TRACE_ENTRY_BYTES_MAX);
    // A program may detach nothing, but the list must not change under the loop all the same.
    for (const attachment of [...attachments]) {
      writeEntry(memory, entry, format, event.fields);
      const vm = kernel.cpu(cpu);
      vm.executed = 0;
      vm.run(attachment.prog.code, entry);
      kernel.clock.advance(vm.executed);
      attachment.runs++;
    }
    memory.free(entry, TRACE_ENTRY_BYTES_MAX);
    kernel.current = before;
  }
}
