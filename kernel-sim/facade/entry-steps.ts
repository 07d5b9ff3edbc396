import type { EntryMoment, EntryStepsOptions } from "../api-kernel.ts";
import { type ElfImage, PT_LOAD } from "../arch/x86/asm/elf.ts";
import { Cpu } from "../arch/x86/cpu.ts";
import {
  installTables,
  KERNEL_CS,
  TSS_ESP0,
  TSS_ESP1,
  TSS_OFFSET,
} from "../arch/x86/descriptor-tables.ts";
import {
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ESI,
  ESP,
  MSR_IA32_SYSENTER_CS,
  MSR_IA32_SYSENTER_EIP,
  MSR_IA32_SYSENTER_ESP,
  X86_EFLAGS_IF,
} from "../arch/x86/registers.ts";
import { run } from "../arch/x86/run.ts";
import { CR0_PG, CR0_WP } from "../hw/mmu.ts";
import { PageTable } from "../hw/page-table.ts";
import { PhysMemory } from "../hw/phys-memory.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { ENOSYS } from "../include/errno.ts";
import { kernelSource, USER_SOURCE } from "./entry-code.ts";
import { addressIn, image, listing, moment } from "./entry-image.ts";
import { entryStepText } from "./entry-step-text.ts";

const USER_TEXT = 0x08048000;
const USER_STACK = 0xbffff000;
const KERNEL_TEXT = 0xc1000000;
/** Tables and task state; the page below them is the entry stack, as in Linux's `cpu_entry_area`. */
const TABLES = 0xc2000000;
const ENTRY_STACK = TABLES;
const THREAD_STACK = 0xc3002000;
/**
 * Bytes at the end of a thread's stack that stay unused.
 *
 * @linux arch/x86/include/asm/thread_info.h `TOP_OF_KERNEL_STACK_PADDING` of a 32-bit kernel without `CONFIG_VM86` (6.18)
 */
const TOP_OF_KERNEL_STACK_PADDING = 8;
/** Where a frame on the thread's stack ends. */
const THREAD_SP0 = THREAD_STACK - TOP_OF_KERNEL_STACK_PADDING;
const KERNEL_STACKS = [ENTRY_STACK, THREAD_SP0];
/** From the frame's end downwards, as the entry code fills it. */
const PT_REGS = "ss sp flags cs ip orig_ax gs fs es ds ax bp di si dx cx bx return-address".split(
  " ",
);
const STEPS_MAX = 200;
const NR_GETPID = 20;
const IA32_SYSCALL_VECTOR = 0x80;

/**
 * One system call on a processor with descriptor tables, task state, an entry stack and a thread's stack in its memory, from the
 * user's instruction to the one behind it: what the processor does by itself, and the kernel's instructions.
 */
export function entrySteps(options: EntryStepsOptions): readonly EntryMoment[] {
  const { door = "int80", result = -ENOSYS } = options;
  if (door !== "int80" && door !== "sysenter") {
    throw new TypeError(`i386.entrySteps(): door is "int80" or "sysenter", not ${String(door)}`);
  }
  const words = { eax: NR_GETPID, ebx: 0, ecx: 0, edx: 0, esi: 0, edi: 0, ebp: 0, ...options };
  const user = image(USER_SOURCE, USER_TEXT);
  const code = {
    landingPad: addressIn(user, "landing_pad"),
    result: word(result),
    sp0: TABLES + TSS_OFFSET + TSS_ESP0,
    entryToThreadStack: TABLES + TSS_OFFSET + TSS_ESP1 - ENTRY_STACK,
  };
  const kernel = image(kernelSource(code), KERNEL_TEXT);
  const cpu = processor(user, kernel);
  const places = { eax: EAX, ebx: EBX, ecx: ECX, edx: EDX, esi: ESI, edi: EDI, ebp: EBP } as const;
  for (const [name, place] of Object.entries(places)) {
    cpu.r[place] = word(words[name as keyof typeof places]);
  }
  cpu.eip = addressIn(user, `user_${door}`);
  return record(cpu, door, listing(user, kernel), addressIn(user, "user_end"));
}

type Door = NonNullable<EntryStepsOptions["door"]>;

function record(
  cpu: Cpu,
  door: Door,
  texts: ReadonlyMap<number, string>,
  end: number,
): readonly EntryMoment[] {
  const moments: EntryMoment[] = [];
  let words = stackWords(cpu);
  cpu.observer = ({ kind, ...fields }) => {
    const text = entryStepText({ kind, ...fields } as Parameters<typeof entryStepText>[0]);
    moments.push(moment(cpu, kind, text, fields));
  };
  for (let steps = 0; cpu.eip !== end; steps++) {
    invariant(steps < STEPS_MAX, "the way into the kernel and back does not end");
    const { eip } = cpu;
    const esp = cpu.r[ESP]! >>> 0;
    const copies = { from: cpu.r[ESI]! >>> 0, to: cpu.r[EDI]! >>> 0, words: cpu.r[ECX]! >>> 0 };
    const text = texts.get(eip) ?? "";
    const before = moment(cpu, "instruction", text, { address: eip });
    const { length } = moments;
    run(cpu, 1);
    // What crosses the boundary shows its own steps; behind the others are their effects.
    if (moments.length > length) moments.splice(length, 0, before);
    else {
      const use = text.startsWith("rep movs") ? copies : stackUse(cpu, esp, door);
      const stored = Object.keys(use).length > 0 ? {} : storedWord(cpu, words, door);
      moments.push(moment(cpu, "instruction", text, { address: eip, ...use, ...stored }));
    }
    words = stackWords(cpu);
  }
  return Object.freeze(moments);
}

/** What an instruction has pushed or popped. */
function stackUse(cpu: Cpu, before: number, door: Door): Record<string, number | string> {
  const after = cpu.r[ESP]! >>> 0;
  if (after !== before - 4 && after !== before + 4) return {};
  const at = Math.min(after, before);
  const value = cpu.memory.readSystem32(at | 0) >>> 0;
  const use = { [after < before ? "pushedTo" : "poppedFrom"]: at, value };
  const name = slotName(at, door);
  return name === undefined ? use : { ...use, what: name };
}

/** By sysenter the frame is built on the thread's stack alone. */
function slotName(at: number, door: Door): string | undefined {
  const ends = door === "int80" ? KERNEL_STACKS : [THREAD_SP0];
  const end = ends.find((stack) => at < stack && at >= stack - 4096);
  return PT_REGS[((end ?? 0) - 4 - at) / 4];
}

/** The words of both kernel stacks, from the ends of their frames downwards. */
function stackWords(cpu: Cpu): readonly number[] {
  return KERNEL_STACKS.flatMap((end) =>
    PT_REGS.map((_, place) => cpu.memory.readSystem32((end - 4 - place * 4) | 0) >>> 0),
  );
}

/** What an instruction other than a push has written into a word of a kernel stack. */
function storedWord(
  cpu: Cpu,
  before: readonly number[],
  door: Door,
): Record<string, number | string> {
  const now = stackWords(cpu);
  const place = now.findIndex((word, at) => word !== before[at]);
  if (place < 0) return {};
  const end = KERNEL_STACKS[Math.floor(place / PT_REGS.length)]!;
  const storedTo = end - 4 - (place % PT_REGS.length) * 4;
  const name = slotName(storedTo, door);
  return { storedTo, value: now[place]!, ...(name !== undefined && { what: name }) };
}

/** A processor in user mode, with both images mapped and a kernel that has set up its tables. */
function processor(user: ElfImage, kernel: ElfImage): Cpu {
  const memory = new PhysMemory(64);
  let frame = 2;
  const tables = new PageTable(memory, "two-level", 1, () => frame++);
  const map = (vaddr: number, isUser: boolean): number => {
    const pfn = frame++;
    tables.mapPage(vaddr, pfn, { user: isUser, write: true });
    return pfn;
  };
  for (const loaded of [user, kernel]) {
    for (const { type, vaddr, bytes } of loaded.segments) {
      if (type !== PT_LOAD || bytes.length === 0) continue;
      const pfn = map(vaddr - (vaddr % 4096), loaded === user);
      memory.frame(pfn).set(bytes, vaddr % 4096);
    }
  }
  map(USER_STACK - 4096, true);
  map(ENTRY_STACK - 4096, false);
  map(THREAD_STACK - 4096, false);
  const pfn = map(TABLES, false);
  const cpu = new Cpu({ memory });
  cpu.mmu.cr0 |= CR0_PG | CR0_WP;
  cpu.loadCr3(4096);
  const target = addressIn(kernel, "entry_INT80_32");
  installTables(cpu, {
    ...{ pfn, vaddr: TABLES, kernelStack: ENTRY_STACK, threadStack: THREAD_SP0 },
    gates: [{ vector: IA32_SYSCALL_VECTOR, target, dpl: 3 }],
  });
  cpu.msrs
    .set(MSR_IA32_SYSENTER_CS, KERNEL_CS)
    .set(MSR_IA32_SYSENTER_ESP, ENTRY_STACK | 0)
    .set(MSR_IA32_SYSENTER_EIP, addressIn(kernel, "entry_SYSENTER_32") | 0);
  cpu.setFlatSegments(3);
  cpu.eflags = X86_EFLAGS_IF;
  cpu.r[ESP] = USER_STACK;
  return cpu;
}

function word(value: number): number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new TypeError(`i386.entrySteps(): a register is a whole number, not ${String(value)}`);
  }
  return value | 0;
}
