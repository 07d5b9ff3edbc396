/** What programs at the hooks of the trace get as their context, written for one event. */
import type { BpfMemory } from "../bpf/memory.ts";
import type { Hook } from "./hooks.ts";
import { PT_REGS_BYTES, writeProbeRegs, writeUserRegs, writeWord } from "./kernel-functions.ts";
import { rawTracepointOfEvent } from "./raw-tracepoints.ts";
import type { EventFields } from "./ring.ts";
import { TRACE_ENTRY_BYTES_MAX, writeEntry, writeText } from "./trace-entry.ts";

/** The address of a task that an event tells of, by its number and its name. */
export type TaskAddress = (pid: number, comm: string) => number;

const ARGS_MAX = 5;
const TEXT_BYTES = 16;

/** Room for the context of any hook, with what it points to. */
export const CONTEXT_BYTES = TRACE_ENTRY_BYTES_MAX + 2 * PT_REGS_BYTES + ARGS_MAX * 8 + TEXT_BYTES;

/** Writes it at `at`, where there is that much room; answers where the context begins. */
export function writeContext(
  memory: BpfMemory,
  at: number,
  hook: Hook,
  fields: EventFields,
  pid: number,
  taskAddress: TaskAddress,
): number {
  switch (hook.kind) {
    case "tracepoint":
      writeEntry(memory, at, hook.format, { common_pid: pid, ...fields });
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
    case "perf_event":
      return at;
    case "raw_tracepoint": {
      const regs = at + ARGS_MAX * 8;
      const text = regs + PT_REGS_BYTES;
      const known: EventFields = { common_pid: pid, ...fields };
      writeUserRegs(memory, regs, fields);
      rawTracepointOfEvent(hook.event)!.args.forEach((arg, i) => {
        const word = at + i * 8;
        switch (arg.kind) {
          case "task": {
            const task = taskAddress(Number(known[arg.pid] ?? 0), String(known[arg.comm] ?? ""));
            writeWord(memory, word, task);
            break;
          }
          case "text":
            writeText(memory.bytes, text, String(known[arg.field] ?? ""), TEXT_BYTES);
            writeWord(memory, word, text);
            break;
          case "regs":
            writeWord(memory, word, regs);
            break;
          default:
            writeWord(memory, word, arg.kind === "number" ? (known[arg.field] ?? 0) : 0);
        }
      });
      return at;
    }
  }
}
