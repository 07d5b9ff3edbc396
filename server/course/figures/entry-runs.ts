import { type EntryMoment, i386 } from "#kernel-sim";
import type { EntryEvent, EntryRun, EntryStack, StackWord } from "#notebook/document";
import { describeInstruction, describeProcessor } from "./entry-text.ts";

const WRITE = { eax: 4, ebx: 1, ecx: 0x804a000, edx: 3, result: 3 } as const;
const REGISTERS = "eax ebx ecx edx esi edi ebp esp eip eflags cs ss cpl".split(" ");
const USER_END = 0xbffff000;
const PAGE = 4096;

/** write() by the old door and by the one of 2002, as the simulated processor goes through them. */
export function entryRuns(): readonly EntryRun[] {
  return [
    entryRun({
      id: "int80",
      title: "int 0x80",
      hint: "Watch how the frame grows on the entry stack, moves to the thread's, and comes back.",
      door: "int80",
    }),
    entryRun({
      id: "sysenter",
      title: "sysenter",
      hint: "The processor reads three registers and pushes nothing: watch who saves what instead.",
      door: "sysenter",
    }),
  ];
}

interface Door {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly door: "int80" | "sysenter";
}

function entryRun({ id, title, hint, door }: Door): EntryRun {
  const moments = i386.entrySteps({ door, ...WRITE });
  const first = moments[0];
  if (first === undefined) throw new Error(`nothing happens at ${door}`);
  const prepared = moments.flatMap(preparedValue);
  const steps = stepsOf(moments);
  const memory = new Map<number, StackWord>();
  let known = registersOf(first);
  const events = moments.map((moment, place): EntryEvent => {
    const step = steps[place] ?? 6;
    const now = registersOf(moment);
    const changes = Object.fromEntries(
      Object.entries(now).filter(([name, value]) => known[name] !== value),
    );
    known = now;
    const writes = writesOf(moment, memory);
    for (const word of writes) memory.set(word.address, word);
    const read = preparedValue(moment)[0];
    return {
      step,
      by: moment.kind !== "instruction" ? "processor" : isUser(moment) ? "program" : "kernel",
      text: moment.text.replace(/\s+/g, " "),
      says:
        moment.kind === "instruction"
          ? describeInstruction(moment, step)
          : describeProcessor(moment, door),
      changes,
      writes,
      reads: read === undefined ? [] : [prepared.findIndex(({ text }) => text === read.text)],
    };
  });
  const start = registersOf(first);
  return { id, title, hint, events, registers: start, prepared, stacks: stacksOf(memory) };
}

function registersOf(moment: EntryMoment): Record<string, number> {
  const { registers } = moment;
  return Object.fromEntries(
    REGISTERS.map((name) => [name, registers[name as keyof typeof registers] as number]),
  );
}

/** The instruction that it is stands in user memory. */
function isUser({ fields }: EntryMoment): boolean {
  return Number(fields["address"]) < 0xc0000000;
}

/** The step of the lecture that each moment belongs to. */
function stepsOf(moments: readonly EntryMoment[]): readonly number[] {
  const first = (is: (moment: EntryMoment) => boolean) => moments.findIndex(is);
  const last = (is: (moment: EntryMoment) => boolean) => moments.findLastIndex(is);
  const crossing = first(({ kind }) => kind !== "instruction");
  const entered = first(({ kind }) => kind === "jump") + 1;
  const isKernelCall = (moment: EntryMoment) => moment.text.startsWith("call") && !isUser(moment);
  const called = first(isKernelCall);
  const answered = moments.findIndex(({ text }, place) => place > called && text.startsWith("ret"));
  const left = last(({ kind }) => kind === "jump");
  const ends = [crossing, entered, called, answered + 1, left];
  return moments.map((_, place) => 1 + ends.filter((end) => place >= end).length);
}

function preparedValue({ kind, text, fields }: EntryMoment): { name: string; text: string }[] {
  const hex = (name: string) => `0x${Number(fields[name]).toString(16)}`;
  switch (kind) {
    case "gate-read":
      return [
        {
          name: "IDT, gate 0x80",
          text: `${hex("selector")}:${hex("offset")}, ${fields["type"]} gate, DPL ${fields["dpl"]}`,
        },
      ];
    case "tss-read":
      return [{ name: "TSS, ss0:esp0", text: `${hex("ss")}:${hex("esp")}` }];
    case "msr-read": {
      const [, name = "", value = ""] = /reads (\w+): (\w+)/.exec(text) ?? [];
      return [{ name, text: value }];
    }
    default:
      return [];
  }
}

/** What a moment leaves on a stack; a copy takes what lies in `memory`. */
function writesOf(
  { kind, text, fields }: EntryMoment,
  memory: ReadonlyMap<number, StackWord>,
): readonly StackWord[] {
  if (fields["words"] !== undefined) {
    const [from, to] = [Number(fields["from"]), Number(fields["to"])];
    return Array.from({ length: Number(fields["words"]) }, (_, at) => ({
      address: to + at * 4,
      name: memory.get(from + at * 4)?.name ?? "",
      value: memory.get(from + at * 4)?.value ?? 0,
    }));
  }
  const address = kind === "push" ? fields["address"] : (fields["pushedTo"] ?? fields["storedTo"]);
  if (address === undefined) return [];
  return [
    { address: Number(address), name: wordName(fields, text), value: Number(fields["value"]) },
  ];
}

/** As in `struct pt_regs`; outside of it by what has been pushed. */
function wordName(fields: EntryMoment["fields"], text: string): string {
  const name = fields["what"] ?? (text.startsWith("call") ? "return" : /%(\w+)$/.exec(text)?.[1]);
  if (name === "return-address") return "return";
  return String(name ?? "").replace(/^e(sp|ip|flags)$/, "$1");
}

/** The program's, the processor's and the thread's stack, each as deep as it gets. */
function stacksOf(memory: ReadonlyMap<number, StackWord>): readonly EntryStack[] {
  const addresses = [...memory.keys()];
  const endOf = (address: number) => Math.floor(address / PAGE + 1) * PAGE;
  const kernel = addresses.filter((address) => address >= 0xc0000000).map(endOf);
  const ends = [USER_END, ...new Set(kernel.sort((a, b) => a - b))];
  const titles = ["the program's", "the entry stack", "the thread's"];
  return ends.map((end, place) => {
    const depths = addresses.filter((at) => endOf(at) === end).map((at) => (end - at) / 4);
    const padding = depths.length === 0 ? 0 : Math.min(...depths) - 1;
    return { title: titles[place] ?? "", end, padding, words: Math.max(0, ...depths) };
  });
}
