import type { TraceEvent } from "../api.ts";
import type { KernelView, Stop, StopCondition } from "../api-observe.ts";
import type { Task } from "../kernel/task.ts";
import { pathText } from "./inspect-files.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { lookAtMemory } from "./process-memory.ts";
import { stateLetter } from "./processes.ts";

/** Looks at each event of a machine whether a condition holds there. */
export class Watch {
  readonly #condition: Probe;
  #before: string | undefined;

  constructor(condition: StopCondition) {
    this.#condition = probeOf(condition);
  }

  /** What it is before the first event that is looked at. */
  begin(machine: LivingKernel): void {
    this.#before = this.#condition.read?.(machine);
  }

  /** Whether it holds at the event that has just happened. */
  look(machine: LivingKernel, event: number): Stop | undefined {
    const { holds, read } = this.#condition;
    if (holds !== undefined) {
      const at = machine.kernel.trace.at(event);
      if (at === undefined || !holds(at)) return undefined;
      return Object.freeze({ event, before: "", after: eventText(at) });
    }
    const before = this.#before ?? NOWHERE;
    const after = read?.(machine) ?? NOWHERE;
    this.#before = after;
    return after === before ? undefined : Object.freeze({ event, before, after });
  }
}

/** One of two: does an event fit, or what is it that may change. */
interface Probe {
  readonly holds?: (event: TraceEvent) => boolean;
  /** Undefined: it is not there. */
  readonly read?: (machine: LivingKernel) => string | undefined;
}

const NOWHERE = "nothing";
const WORD_BYTES = 4;

function probeOf(condition: StopCondition): Probe {
  if (typeof condition !== "object" || condition === null) throw new TypeError(KINDS);
  if ("event" in condition) {
    const { event: name, pid, when } = condition;
    return {
      holds: (event) =>
        event.name === name &&
        (pid === undefined || event.pid === pid) &&
        (when === undefined || when(event) === true),
    };
  }
  if ("state" in condition) {
    const { state: pid } = condition;
    return { read: (machine) => withTask(machine, pid, stateLetter) };
  }
  if ("descriptor" in condition) {
    const { pid, fd } = condition.descriptor;
    return { read: (machine) => withTask(machine, pid, (task) => descriptorText(task, fd)) };
  }
  if ("memory" in condition) {
    const { pid, address, bytes = WORD_BYTES } = condition.memory;
    let known: Uint8Array | undefined;
    let text: string | undefined;
    // Most events change nothing: only then is the same text made again.
    const read = (task: Task): string | undefined => {
      const found = lookAtMemory(task, address, bytes);
      if (found !== undefined && known !== undefined && isSame(found, known)) return text;
      known = found;
      text = found === undefined ? undefined : hexText(found);
      return text;
    };
    return { read: (machine) => withTask(machine, pid, read) };
  }
  if ("value" in condition && typeof condition.value === "function") {
    const { value } = condition;
    return { read: (machine) => valueText(value, machine.view) };
  }
  throw new TypeError(KINDS);
}

const KINDS =
  "a condition is one of { event, pid, when }, { state: pid }, { descriptor: { pid, fd } }, { memory: { pid, address, bytes } } and { value: (kernel) => … }";

function withTask<T>(machine: LivingKernel, pid: number, read: (task: Task) => T): T | undefined {
  for (const task of machine.kernel.tasks) if (task.pid === pid) return read(task);
  return undefined;
}

function descriptorText(task: Task, fd: number): string | undefined {
  const file = task.exitState === 0 ? task.files.get(fd) : undefined;
  if (file === undefined) return undefined;
  return `${pathText(task.kernel, file)} at ${file.pos}`;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Lists compare by their text form, which `String` makes of them. */
function valueText(value: (kernel: KernelView) => unknown, view: KernelView): string {
  const found = value(view);
  return typeof found === "object" && found !== null && !Array.isArray(found)
    ? JSON.stringify(found)
    : String(found);
}

/** An event as one line of a trace. */
export function eventText({ name, cpu, pid, fields }: TraceEvent): string {
  const texts = Object.entries(fields).map(([field, value]) => `${field}=${String(value)}`);
  return `[${cpu}] pid ${pid} ${name}: ${texts.join(" ")}`;
}
