/** What programs at the hooks of the trace get as their context, written for one event. */
import type { BpfMemory } from "../bpf/memory.ts";
import { tracepointFormats } from "./formats.ts";
import type { Hook } from "./hooks.ts";
import { PT_REGS_BYTES, writeProbeRegs, writeUserRegs, writeWord } from "./kernel-functions.ts";
import { type RawArg, rawTracepointOfEvent } from "./raw-tracepoints.ts";
import type { EventFields } from "./ring.ts";
import { TRACE_ENTRY_BYTES_MAX, writeEntry } from "./trace-entry.ts";

/** How a task lies in the memory that programs see. */
export interface TaskWriter {
  readonly bytes: number;
  write(memory: BpfMemory, at: number, pid: number, comm: string): void;
}

const ARGS_MAX = 4;
const TASKS_MAX = 2;

/** Room for the context of any hook, with what it points to. */
export function contextBytes(tasks: TaskWriter): number {
  return TRACE_ENTRY_BYTES_MAX + 2 * PT_REGS_BYTES + ARGS_MAX * 8 + TASKS_MAX * tasks.bytes;
}

/** Writes it at `at`, where there is that much room; answers where the context begins. */
export function writeContext(
  memory: BpfMemory,
  at: number,
  hook: Hook,
  fields: EventFields,
  pid: number,
  tasks: TaskWriter,
): number {
  switch (hook.kind) {
    case "tracepoint":
      writeEntry(memory, at, tracepointFormats.get(hook.event)!, { common_pid: pid, ...fields });
      return at;
    case "kprobe": {
      const userRegs = at + PT_REGS_BYTES;
      writeUserRegs(memory, userRegs, fields);
      writeProbeRegs(memory, at, hook.func, userRegs, fields["ret"] ?? 0);
      return at;
    }
    case "trampoline": {
      // The number of arguments in front of the one that there is, and behind it the answer.
      const userRegs = at + PT_REGS_BYTES;
      writeUserRegs(memory, userRegs, fields);
      writeWord(memory, at, 1);
      writeWord(memory, at + 8, userRegs);
      writeWord(memory, at + 16, fields["ret"] ?? 0);
      return at + 8;
    }
    case "raw_tracepoint": {
      const regs = at + ARGS_MAX * 8;
      let free = regs + PT_REGS_BYTES;
      writeUserRegs(memory, regs, fields);
      rawTracepointOfEvent(hook.event)!.args.forEach((arg, i) => {
        if (arg.kind === "task") {
          tasks.write(memory, free, Number(fields[arg.pid] ?? 0), String(fields[arg.comm] ?? ""));
          writeWord(memory, at + i * 8, free);
          free += tasks.bytes;
        } else {
          writeWord(memory, at + i * 8, arg.kind === "regs" ? regs : numberOf(arg, fields));
        }
      });
      return at;
    }
  }
}

function numberOf(arg: RawArg, fields: EventFields): string | number | bigint {
  return arg.kind === "number" ? (fields[arg.field] ?? 0) : 0;
}
