import type { RegisterRow, RunQueueRow, StackRow } from "../api-observe.ts";
import { USER32_CS } from "../kernel/entry/invoke.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { mappingListing } from "./inspect-memory.ts";
import { columns, hex, listing, pidsText } from "./listing.ts";
import { lookAtMemory } from "./process-memory.ts";

const WORDS_MAX = 512;

export function runQueueListing(kernel: Kernel): readonly RunQueueRow[] {
  const rows = kernel.sched.runQueues.map((rq) => ({
    cpu: rq.cpu,
    running: rq.current?.pid ?? 0,
    comm: rq.current?.comm ?? "idle",
    ready: Object.freeze(kernel.sched.queued(rq).map((task) => task.pid)),
    switches: rq.nrSwitches,
    minVruntime: rq.fair.minVruntime,
    needResched: rq.current?.needResched ?? false,
  }));
  return listing(rows, (all) =>
    columns(
      ["cpu", "pid", "runs", "ready behind it", "switches", "min vruntime"],
      all.map((row) => [
        ...[row.cpu, row.running, row.comm, pidsText(row.ready), row.switches, row.minVruntime],
      ]),
    ),
  );
}

/** Names and places in `struct pt_regs`. */
const REGISTERS_64 = [
  ...["rip", "rsp", "rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rbx", "rbp", "rcx", "r11"],
  ...["r12", "r13", "r14", "r15", "orig_rax", "eflags", "cs", "ss"],
] as const;
const REGISTERS_32 = [
  ...["eip", "esp", "eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "orig_eax", "eflags"],
  ...["cs", "ss"],
] as const;

export function registerListing(task: Task | undefined): readonly RegisterRow[] {
  const is32Bit = task?.regs.cs === USER32_CS;
  const names = task === undefined ? [] : is32Bit ? REGISTERS_32 : REGISTERS_64;
  const rows = names.map((register) => {
    const value = registerValue(task!, register);
    return { register, value, hex: hex(is32Bit ? value >>> 0 : value) };
  });
  return listing(rows, (all) =>
    columns(
      ["register", "value"],
      all.map((row) => [row.register, row.hex]),
    ),
  );
}

function registerValue({ regs }: Task, name: string): number {
  if (name.startsWith("orig")) return regs.origAx;
  if (name === "eflags") return regs.flags;
  const field = /^r\d|^cs$|^ss$/.test(name) ? name : name.slice(1);
  const value = Object.getOwnPropertyDescriptor(regs, field)?.value;
  return typeof value === "number" ? value : 0;
}

/** Words above the stack pointer, and what each points to. */
export function stackListing(task: Task | undefined, words: number): readonly StackRow[] {
  if (!Number.isInteger(words) || words < 1 || words > WORDS_MAX) {
    throw new TypeError(`stack(): words is a whole number from 1 to ${WORDS_MAX}`);
  }
  const rows: StackRow[] = [];
  const wordBytes = task?.regs.cs === USER32_CS ? 4 : 8;
  const mappings = mappingListing(task);
  for (let i = 0; i < words && task !== undefined; i++) {
    const address = task.regs.sp + i * wordBytes;
    const bytes = lookAtMemory(task, Math.max(0, address), wordBytes);
    if (bytes === undefined) break;
    const view = new DataView(bytes.buffer);
    const high = wordBytes === 8 ? view.getInt32(4, true) : 0;
    const value = high * 2 ** 32 + view.getUint32(0, true);
    const into = mappings.find(({ start, end }) => value >= start && value < end);
    rows.push({
      address,
      value,
      hex: hex(value),
      points: into === undefined ? "" : into.name === "" ? into.perms : into.name,
    });
  }
  return listing(rows, (all) =>
    columns(
      ["address", "word", "points into"],
      all.map((row) => [hex(row.address), row.hex, row.points]),
    ),
  );
}
