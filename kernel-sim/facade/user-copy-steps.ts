import type { UserCopyOptions, UserCopyRun } from "../api/x86.ts";
import type { EntryMoment } from "../api-kernel.ts";
import { type ElfImage, PT_LOAD } from "../arch/x86/asm/elf.ts";
import { Cpu } from "../arch/x86/cpu.ts";
import { installTables } from "../arch/x86/descriptor-tables.ts";
import { pageFaultOops } from "../arch/x86/oops.ts";
import { EAX, ECX, EDX, ESP, X86_EFLAGS_IF, X86_TRAP_PF } from "../arch/x86/registers.ts";
import { run } from "../arch/x86/run.ts";
import { CR0_PG, CR0_WP, CR4_SMAP } from "../hw/mmu.ts";
import { PAGE_PRESENT, PageTable } from "../hw/page-table.ts";
import { PhysMemory } from "../hw/phys-memory.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { addressIn, image, listing, moment } from "./entry-image.ts";
import { entryStepText } from "./entry-step-text.ts";
import { facade } from "./facade.ts";
import { userCopySource } from "./user-copy-code.ts";

const TASK_SIZE = 0xc0000000;
const USER_PAGE = 0x0804a000;
const USER_END = USER_PAGE + 4096;
const KERNEL_TEXT = 0xc1000000;
const TABLES = 0xc2000000;
const STACK_END = 0xc3002000;
const PAGE_TABLE = 0xc4000000;
const BYTES_MAX = 64;
const STEPS_MAX = 200;
const ROUTINES = ["_copy_from_user", "_copy_to_user", "careless_copy"] as const;
/** Labels of functions, for whoever wants to know where an instruction stands. */
const FUNCTIONS =
  "sys_copy _copy_from_user _copy_to_user careless_copy asm_exc_page_fault do_user_addr_fault handle_mm_fault bad_area fixup_exception search_extable ex_handler_uaccess return_from_fault page_fault_oops".split(
    " ",
  );
/** What the program's page holds. */
const USER_BYTES = Uint8Array.from({ length: 4096 }, (_, i) => 0x41 + (i % 26));

/** A system call that copies, from its first instruction to its answer, or to the oops. */
export function userCopySteps(options: UserCopyOptions): UserCopyRun {
  const { routine = "_copy_from_user", bytes = 16, isPromised = true, smap = true } = options;
  if (!ROUTINES.includes(routine)) {
    throw new TypeError(`x86.userCopySteps(): there is no routine ${String(routine)}`);
  }
  inRange("bytes", bytes, BYTES_MAX);
  const mapped = options.mapped ?? Math.min(6, bytes);
  inRange("mapped", mapped, bytes);
  const machine = new CopyMachine(routine, isPromised, smap);
  const user = USER_END - mapped;
  const kernel = machine.address("buffer");
  const [to, from] = routine === "_copy_to_user" ? [user, kernel] : [kernel, user];
  return machine.copy(to, from, bytes);
}

function inRange(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new TypeError(`x86.userCopySteps(): ${name} is a whole number from 0 to ${most}`);
  }
}

/** A processor in kernel mode, with one page of a program. */
class CopyMachine {
  readonly #kernel: ElfImage;
  readonly #cpu: Cpu;
  readonly #texts: ReadonlyMap<number, string>;
  readonly #steps: EntryMoment[] = [];
  readonly #userFrame: Uint8Array;

  constructor(routine: string, isPromised: boolean, smap: boolean) {
    const memory = new PhysMemory(64);
    let frame = 2;
    const tables = new PageTable(memory, "two-level", 1, () => frame++);
    const map = (vaddr: number, isUser: boolean): number => {
      const pfn = frame++;
      tables.mapPage(vaddr, pfn, { user: isUser, write: true });
      return pfn;
    };
    this.#userFrame = memory.frame(map(USER_PAGE, true));
    this.#userFrame.set(USER_BYTES);
    const entry = tables.walk(USER_PAGE).at(-1)!.paddr;
    // The kernel sees the table itself, to bring the page in.
    tables.mapPage(PAGE_TABLE, Math.floor(entry / 4096), { user: false, write: true });
    if (isPromised) memory.write32(entry, memory.read32(entry) & ~PAGE_PRESENT);
    const places = {
      taskSize: TASK_SIZE,
      vmaStart: USER_PAGE,
      vmaEnd: USER_END,
      pte: PAGE_TABLE + (entry % 4096),
      hasSmap: smap,
    };
    this.#kernel = image(userCopySource(routine, places), KERNEL_TEXT);
    for (const { type, vaddr, bytes } of this.#kernel.segments) {
      if (type !== PT_LOAD || bytes.length === 0) continue;
      memory.frame(map(vaddr - (vaddr % 4096), false)).set(bytes, vaddr % 4096);
    }
    map(STACK_END - 4096, false);
    const pfn = map(TABLES, false);
    const cpu = new Cpu({ memory });
    cpu.mmu.cr0 |= CR0_PG | CR0_WP;
    if (smap) cpu.mmu.cr4 |= CR4_SMAP;
    cpu.loadCr3(4096);
    const target = this.address("asm_exc_page_fault");
    installTables(cpu, {
      ...{ pfn, vaddr: TABLES, kernelStack: STACK_END },
      gates: [{ vector: X86_TRAP_PF, target, dpl: 0 }],
    });
    cpu.setFlatSegments(0);
    cpu.eflags = X86_EFLAGS_IF;
    cpu.r[ESP] = STACK_END | 0;
    this.#cpu = cpu;
    this.#texts = listing(this.#kernel);
  }

  address(symbol: string): number {
    return addressIn(this.#kernel, symbol);
  }

  copy(to: number, from: number, bytes: number): UserCopyRun {
    const cpu = this.#cpu;
    cpu.r[EAX] = to | 0;
    cpu.r[EDX] = from | 0;
    cpu.r[ECX] = bytes;
    cpu.eip = this.address("sys_copy");
    const end = this.address("call_end");
    const oops = this.address("page_fault_oops");
    let left: number | undefined;
    cpu.observer = (step) => {
      const { kind, ...fields } = step;
      this.#steps.push(moment(cpu, kind, entryStepText(step), fields));
    };
    for (let n = 0; cpu.eip !== end && cpu.eip !== oops; n++) {
      invariant(n < STEPS_MAX, "a copy from user memory does not end");
      this.#step();
      // Behind the call, the answer of the copy is in EAX.
      if (this.#symbolAt(cpu.eip) === "sys_copy+0x6") left = cpu.r[EAX]! >>> 0;
    }
    cpu.observer = undefined;
    const isOops = cpu.eip === oops;
    return facade({
      steps: Object.freeze(this.#steps),
      left,
      answer: isOops ? undefined : cpu.r[EAX]!,
      copied: this.#bytesAt(to, bytes),
      exceptionTable: Object.freeze(
        ["from", "to"].map((name) =>
          Object.freeze({
            insn: this.#symbolAt(this.address(`${name}_insn`)),
            fixup: this.#symbolAt(this.address(`${name}_fixup`)),
          }),
        ),
      ),
      oops: Object.freeze(isOops ? this.#oopsLines() : []),
    } satisfies UserCopyRun);
  }

  /** One instruction, and behind it what the processor has done because of it. */
  #step(): void {
    const cpu = this.#cpu;
    const { eip } = cpu;
    const text = this.#texts.get(eip) ?? "";
    const { length } = this.#steps;
    const before = moment(cpu, "instruction", text, { address: eip, symbol: this.#symbolAt(eip) });
    run(cpu, 1);
    if (this.#steps.length > length) this.#steps.splice(length, 0, before);
    else this.#steps.push(moment(cpu, "instruction", text, before.fields));
  }

  /** `function+0x2`, as the kernel names an address. */
  #symbolAt(address: number): string {
    const { name, at } = this.#function(address);
    return `${name}+0x${(address - at).toString(16)}`;
  }

  #function(address: number): { readonly name: string; readonly at: number; readonly end: number } {
    const starts = FUNCTIONS.map((name) => ({ name, at: this.address(name) }));
    const index = starts.findLastIndex(({ at }) => at <= address);
    const found = starts[Math.max(index, 0)]!;
    return { ...found, end: starts[index + 1]?.at ?? found.at + 1 };
  }

  #bytesAt(address: number, n: number): Uint8Array {
    // What the program's page holds, whether or not it has been brought in.
    const isUser = address < TASK_SIZE;
    return Uint8Array.from({ length: n }, (_, i) => {
      const at = address + i;
      if (!isUser) return this.#cpu.memory.readSystem32(at | 0) & 0xff;
      return at < USER_END ? this.#userFrame[at - USER_PAGE]! : 0;
    });
  }

  /**
   * @linux arch/x86/mm/fault.c `page_fault_oops`, arch/x86/kernel/process_32.c `__show_regs` (6.18)
   * @simplified neither entries of the page table nor registers and a trace of calls
   */
  #oopsLines(): string[] {
    const cpu = this.#cpu;
    const word = (at: number): number =>
      cpu.memory.readSystem32(((cpu.r[ESP]! >>> 0) + at) | 0) >>> 0;
    const error = word(12);
    const eip = word(16);
    const { lines } = pageFaultOops(cpu.mmu.cr2, (error & 2) !== 0, (error & 1) !== 0);
    const { at, end } = this.#function(eip);
    // This kernel's addresses have 32 bits.
    const shown = lines.map((line) => line.replace(/(?<=address: )0{8}/, ""));
    return [...shown, `EIP: ${this.#symbolAt(eip)}/0x${(end - at).toString(16)}`];
  }
}
