import { describe, expect, test } from "vitest";
import { CR0_PG, CR0_WP, PF_INSTR, PF_PROT, PF_SHSTK, PF_USER, PF_WRITE } from "../../hw/mmu.ts";
import { PageTable } from "../../hw/page-table.ts";
import { PhysMemory } from "../../hw/phys-memory.ts";
import { Cpu } from "./cpu.ts";
import { TSS_OFFSET } from "./descriptor-tables.ts";
import type { EntryStep } from "./entry-step.ts";
import { EAX, EBX, ECX, ESP, X86_EFLAGS_IF, X86_EFLAGS_TF } from "./registers.ts";
import { run, runUntilTrap } from "./run.ts";
import {
  CODE,
  codeOf,
  DATA,
  KERNEL_STACK,
  kernelMachine,
  TABLES,
  USER_STACK,
  userMachine,
} from "./test-machine.ts";

/** A user machine with a program at `CODE`. */
function program(source: string) {
  const machine = userMachine();
  machine.code.bytes.set(codeOf(source));
  machine.cpu.r[ESP] = DATA + 0x1000;
  return machine;
}

describe("user code with the kernel outside", () => {
  test("stops behind INT 0x80 with the registers of the call", () => {
    const { cpu } = program("mov $4, %eax\nmov $1, %ebx\nint $0x80\nnop");
    expect(runUntilTrap(cpu, 100)).toEqual({ kind: "int", vector: 0x80, instructions: 3 });
    expect([cpu.r[EAX], cpu.r[EBX], cpu.eip]).toEqual([4, 1, CODE + 12]);
  });

  test("stops at a budget, exactly, and goes on from there", () => {
    const { cpu } = program("1: inc %eax\njmp 1b");
    expect(runUntilTrap(cpu, 1001)).toEqual({ kind: "budget", instructions: 1001 });
    expect(cpu.r[EAX]).toBe(501);
    runUntilTrap(cpu, 1);
    expect([cpu.r[EAX], cpu.eip, cpu.retired]).toEqual([501, CODE, 1002]);
  });

  test.each([
    {
      name: "a division by zero",
      source: "xor %ecx, %ecx\ndiv %ecx",
      vector: 0,
      errorCode: 0,
      at: 2,
    },
    {
      name: "an instruction that is not there",
      source: "nop\nud2",
      vector: 6,
      errorCode: 0,
      at: 1,
    },
    { name: "HLT", source: "hlt", vector: 13, errorCode: 0, at: 0 },
    { name: "CLI without IOPL", source: "cli", vector: 13, errorCode: 0, at: 0 },
    { name: "a look at CR0", source: "mov %cr0, %eax", vector: 13, errorCode: 0, at: 0 },
    { name: "OUT without a right", source: "out %al, $0x80", vector: 13, errorCode: 0, at: 0 },
    { name: "LGDT", source: "lgdt (%eax)", vector: 13, errorCode: 0, at: 0 },
    { name: "INT through a closed gate", source: "int $0x20", vector: 13, errorCode: 0x102, at: 0 },
    {
      name: "a segment that is not there",
      source: "mov $0x53, %ax\nmov %ax, %fs",
      vector: 13,
      errorCode: 0x50,
      at: 4,
    },
    {
      name: "an access through a null segment",
      source: "mov %gs:0, %eax",
      vector: 13,
      errorCode: 0,
      at: 0,
    },
    {
      name: "BOUND",
      source: "mov $9, %eax\npush $5\npush $1\nbound %eax, (%esp)",
      vector: 5,
      errorCode: 0,
      at: 9,
    },
    { name: "a jump to nowhere", source: "jmp *%eax", vector: 14, errorCode: PF_USER, at: -CODE },
    {
      name: "too many prefixes",
      source: ".fill 15, 1, 0x66\nnop",
      vector: 13,
      errorCode: 0,
      at: 0,
    },
    {
      name: "LOCK before a register",
      source: ".byte 0xf0\nadd %eax, %ebx",
      vector: 6,
      errorCode: 0,
      at: 0,
    },
  ])("$name is a fault at the instruction", ({ source, vector, errorCode, at }) => {
    const { cpu } = program(source);
    expect(runUntilTrap(cpu, 100)).toMatchObject({ kind: "exception", vector, errorCode });
    expect(cpu.eip).toBe(CODE + at);
  });

  test("a page fault tells the address, and the instruction can be taken again", () => {
    const { cpu, tables } = program("movl $7, 0x30000ffe\nint $0x80");
    tables.mapPage(0x30000000, 20, { user: true, write: true });
    expect(runUntilTrap(cpu, 100)).toEqual({
      ...{ kind: "exception", vector: 14, errorCode: PF_USER | PF_WRITE, cr2: 0x30001000 },
      instructions: 0,
    });
    tables.mapPage(0x30001000, 21, { user: true, write: true });
    expect(runUntilTrap(cpu, 100)).toEqual({ kind: "int", vector: 0x80, instructions: 2 });
    expect(cpu.mmu.memory.read16(20 * 4096 + 0xffe)).toBe(7);
  });

  test("thread-local storage lies behind the base of GS", () => {
    const { cpu, data } = program("mov %gs:4, %eax\nint $0x80");
    const selector = cpu.setTls(6, DATA + 0x100);
    data.words[0x104 >> 2] = 1234;
    cpu.r[EBX] = selector;
    cpu.eip = CODE + 0x20;
    cpu.mmu.memory.frame(2).set(codeOf("mov %bx, %gs\nmov %gs:4, %eax\nint $0x80"), 0x20);
    expect(runUntilTrap(cpu, 100).kind).toBe("int");
    expect(cpu.r[EAX]).toBe(1234);
  });

  test("a segment's limit holds", () => {
    const { cpu } = program("mov %bx, %gs\nmov %gs:0xffc, %eax\nmov %gs:0xffd, %eax");
    cpu.r[EBX] = cpu.setTls(6, DATA, 0xfff);
    const trap = runUntilTrap(cpu, 100);
    expect(trap).toMatchObject({ kind: "exception", vector: 13, instructions: 2 });
  });

  test("the trap flag stops behind each instruction", () => {
    const { cpu } = program("nop\ninc %eax\nnop");
    cpu.eflags |= X86_EFLAGS_TF;
    for (const at of [1, 2, 3]) {
      expect(runUntilTrap(cpu, 100)).toMatchObject({ kind: "exception", vector: 1 });
      expect(cpu.eip).toBe(CODE + at);
    }
  });

  test("a breakpoint stops before an instruction, a watchpoint behind the store", () => {
    const { cpu } = program("nop\nnop\nmovb $1, 0x20000010\nnop");
    cpu.dr[0] = CODE + 1;
    cpu.dr[1] = DATA + 0x10;
    cpu.dr[7] = 0x400 | 1 | 4 | (1 << 20);
    expect(runUntilTrap(cpu, 100)).toMatchObject({ vector: 1, instructions: 1 });
    expect([cpu.eip, cpu.dr[6]! & 15]).toEqual([CODE + 1, 1]);
    cpu.eflags |= 1 << 16;
    expect(runUntilTrap(cpu, 100)).toMatchObject({ vector: 1, instructions: 2 });
    expect([cpu.eip, cpu.dr[6]! & 15]).toEqual([CODE + 9, 2]);
  });
});

describe("code that changes", () => {
  test("a program that writes into its next instruction runs what it wrote", () => {
    // INC EAX becomes INC EBX (43).
    const { cpu } = program("movb $0x43, 1f\n1: inc %eax\nint $0x80");
    runUntilTrap(cpu, 100);
    expect([cpu.r[EAX], cpu.r[EBX]]).toEqual([0, 1]);
  });

  test("what the kernel writes between two runs is run", () => {
    const { cpu, code } = program("1: inc %eax\nint $0x80\njmp 1b");
    runUntilTrap(cpu, 100);
    code.bytes[0] = 0x43;
    runUntilTrap(cpu, 100);
    expect([cpu.r[EAX], cpu.r[EBX]]).toEqual([1, 1]);
  });

  test("a frame that was given back and taken again holds other code", () => {
    const { cpu, memory } = program("inc %eax\nint $0x80");
    runUntilTrap(cpu, 100);
    memory.release(2);
    memory.frame(2).set(codeOf("inc %ebx\nint $0x80"));
    cpu.eip = CODE;
    runUntilTrap(cpu, 100);
    expect([cpu.r[EAX], cpu.r[EBX]]).toEqual([1, 1]);
  });

  test("a frame of code that became data takes stores at full speed, and may become code again", () => {
    const { cpu, memory, tables } = program("movb $0x43, 0x30000000\nint $0x80");
    tables.mapPage(0x30000000, 40, { user: true, write: true });
    memory.frame(40).set(codeOf("inc %eax\nint $0x80"));
    for (const round of [1, 2]) {
      cpu.eip = 0x30000000;
      runUntilTrap(cpu, 100);
      expect([cpu.r[EAX], cpu.r[EBX]]).toEqual([1, round - 1]);
      cpu.eip = CODE;
      runUntilTrap(cpu, 100);
    }
  });

  test("an instruction may begin in one page and end in the next", () => {
    const { cpu, tables, memory } = program("nop");
    tables.mapPage(CODE + 0x1000, 9, { user: true });
    memory.frame(2).set([0xb8, 0x78, 0x56], 0xffd);
    memory.frame(9).set([0x34, 0x12, 0xcd, 0x80]);
    cpu.eip = CODE + 0xffd;
    expect(runUntilTrap(cpu, 100)).toEqual({ kind: "int", vector: 0x80, instructions: 2 });
    expect([cpu.r[EAX], cpu.eip]).toEqual([0x12345678, CODE + 0x1004]);
    tables.unmapPage(CODE + 0x1000);
    cpu.mmu.invlpg(CODE + 0x1000);
    cpu.eip = CODE + 0xffd;
    expect(runUntilTrap(cpu, 100)).toMatchObject({ vector: 14, cr2: CODE + 0x1000 });
  });
});

test("a 32-bit program runs on the page tables of a 64-bit kernel, NX and all", () => {
  const memory = new PhysMemory(64);
  let next = 10;
  const tables = new PageTable(memory, "four-level", 1, () => next++);
  tables.mapPage(CODE, 2, { user: true });
  tables.mapPage(DATA, 3, { user: true, write: true, noExec: true });
  memory.frame(2).set(codeOf("movl $5, 0x20000000\nmov 0x20000000, %eax\njmp 0x20000000"));
  const cpu = new Cpu({ memory, paging: "four-level" });
  cpu.mmu.cr0 |= CR0_PG | CR0_WP;
  cpu.loadCr3(0x1000);
  cpu.setFlatSegments(3);
  cpu.eip = CODE;
  const errorCode = PF_PROT | PF_USER | PF_INSTR;
  expect(runUntilTrap(cpu, 100)).toEqual({
    ...{ kind: "exception", vector: 14, errorCode, cr2: DATA, instructions: 3 },
  });
  expect([cpu.r[EAX], cpu.eip]).toEqual([5, DATA]);
});

describe("a shadow stack", () => {
  function shadowed(source: string) {
    const machine = program(source);
    machine.tables.mapPage(0x40000000, 30, { user: true, dirty: true });
    machine.cpu.setUserShadowStack(0x40001000);
    return machine;
  }

  test("lets calls return, and refuses a return address that was changed", () => {
    const { cpu } = shadowed("call f\ncall g\nint $0x80\nf: ret\ng: movl $f, (%esp)\nret");
    expect(runUntilTrap(cpu, 100)).toMatchObject({ vector: 21, errorCode: 1, instructions: 4 });
    expect(cpu.shadowStack.ssp).toBe(0x40000ffc);
  });

  test("cannot be written by ordinary stores", () => {
    const { cpu } = shadowed("movl $1, 0x40000000");
    const trap = runUntilTrap(cpu, 100);
    expect(trap).toMatchObject({ vector: 14, errorCode: PF_PROT | PF_USER | PF_WRITE });
  });

  test("must be one: CALL faults on an ordinary page", () => {
    const { cpu } = shadowed("call f\nf: ret\ng: call f");
    cpu.eip = CODE + 6;
    cpu.setUserShadowStack(DATA + 0x100);
    const errorCode = PF_PROT | PF_USER | PF_WRITE | PF_SHSTK;
    expect(runUntilTrap(cpu, 100)).toMatchObject({ vector: 14, errorCode, instructions: 0 });
  });

  test("is unwound by longjmp() with RDSSP and INCSSP", () => {
    const { cpu } = shadowed(`
      rdsspd %edi
      mov %esp, %esi
      call f
      int3
    f: call g
      int3
    g: rdsspd %eax
      sub %edi, %eax
      neg %eax
      shr $2, %eax
      incsspd %eax
      mov %esi, %esp
      int $0x80`);
    expect(runUntilTrap(cpu, 100)).toMatchObject({ kind: "int", vector: 0x80 });
    expect([cpu.shadowStack.ssp, cpu.r[ESP]]).toEqual([0x40001000, DATA + 0x1000]);
  });
});

const KERNEL = `
  .text
  syscall:
    mov %esp, %ebp
    mov $0xdead, %edx
    iret
  fault:
    mov %cr2, %ecx
    pop %eax
    hlt
  general: hlt
  double: hlt
  timer:
    incl %ds:ticks
    iret
  .align 4
  ticks: .long 0
  .section .user, "awx"
  .align 4096
`;
const GATES = [
  [0x80, "syscall!", 3],
  [14, "fault", 0],
  [13, "general", 0],
  [8, "double", 0],
  [0x20, "timer", 0],
] as const;

describe("the way into the kernel", () => {
  test("INT 0x80 goes through gate, checks and task state to the kernel's stack, and IRET back", () => {
    const machine = kernelMachine(`${KERNEL} user: int $0x80\nback: jmp back`, GATES);
    const { cpu, at, memory } = machine;
    const steps: EntryStep[] = [];
    cpu.observer = (step) => steps.push(step);
    run(cpu, 4);
    expect(cpu.cpl).toBe(3);
    expect([cpu.eip, cpu.r[2], cpu.r[ESP]! >>> 0]).toEqual([at("back"), 0xdead, USER_STACK]);
    expect(cpu.r[5]! >>> 0).toBe(KERNEL_STACK - 20);
    expect(steps.map(({ kind }) => kind)).toEqual([
      ...["interrupt", "gate-read", "privilege-check", "code-segment", "tss-read", "stack-switch"],
      ...["push", "push", "push", "push", "push", "flags", "jump"],
      ...["pop", "pop", "pop", "pop", "pop", "flags", "jump"],
    ]);
    expect(steps.filter((step) => step.kind === "push").map(({ what }) => what)).toEqual([
      ...["ss", "esp", "eflags", "cs", "eip"],
    ]);
    expect(steps.find((step) => step.kind === "push")).toEqual({
      ...{ kind: "push", what: "ss", address: KERNEL_STACK - 4, value: 0x7b },
    });
    expect(memory.isTouched(16)).toBe(true);
  });

  test("an interrupt gate clears IF, a trap gate does not", () => {
    const source = `${KERNEL} user: int $0x80\nint $0x21`;
    const { cpu } = kernelMachine(source, [...GATES, [0x21, "double", 3]]);
    cpu.eflags |= X86_EFLAGS_IF;
    run(cpu, 1);
    expect([cpu.cpl, cpu.mayBeInterrupted]).toEqual([0, true]);
    run(cpu, 4);
    expect([cpu.cpl, cpu.mayBeInterrupted]).toEqual([0, false]);
  });

  test("INT through a gate of the kernel is #GP, and points at the INT", () => {
    const { cpu, memory, tables, at } = kernelMachine(`${KERNEL} user: nop\nint $0x20`, GATES);
    expect(run(cpu, 100)).toEqual({ kind: "halt", instructions: 2 });
    expect(cpu.eip).toBe(at("general") + 1);
    const stack = tables.walk(KERNEL_STACK - 4096).at(-1)!.pfn * 4096 + 4096;
    const frame = [6, 5, 4].map((i) => memory.read32(stack - 4 * i));
    expect(frame).toEqual([0x20 * 8 + 2, at("user") + 1, 0x73]);
  });

  test("a page fault pushes its error code, and CR2 has the address", () => {
    const { cpu } = kernelMachine(`${KERNEL} user: movl $1, 0x12345678`, GATES);
    expect(run(cpu, 100).kind).toBe("halt");
    expect([cpu.r[EAX], cpu.r[ECX]]).toEqual([PF_USER | PF_WRITE, 0x12345678]);
  });

  test("a page fault whose handler has no stack is a double fault, and without one a shutdown", () => {
    const broken = kernelMachine(`${KERNEL} user: movl $1, 0x12345678`, GATES);
    const tss = broken.tables.walk(TABLES).at(-1)!.pfn * 4096 + TSS_OFFSET;
    broken.memory.write32(tss + 4, 0x70000000);
    expect(run(broken.cpu, 100)).toEqual({ kind: "shutdown", instructions: 0 });
    const noPageFault = kernelMachine(`${KERNEL} user: movl $1, 0x12345678`, GATES.slice(2));
    expect(run(noPageFault.cpu, 100).kind).toBe("halt");
    expect(noPageFault.cpu.eip).toBe(noPageFault.at("double") + 1);
  });

  test("an external interrupt waits for IF, and for the instruction behind STI", () => {
    const { cpu, at } = kernelMachine(
      `${KERNEL} user: jmp user\n.text\nkernel: sti\nnop\nnop\n1: hlt\njmp 1b`,
      GATES,
    );
    cpu.setFlatSegments(0);
    cpu.r[ESP] = KERNEL_STACK;
    cpu.eip = at("kernel");
    cpu.requestInterrupt(0x20);
    run(cpu, 1);
    expect([cpu.eip, cpu.pendingInterrupt]).toEqual([at("kernel") + 1, 0x20]);
    run(cpu, 1);
    expect([cpu.eip, cpu.pendingInterrupt]).toEqual([at("kernel") + 2, 0x20]);
    expect(run(cpu, 100)).toEqual({ kind: "halt", instructions: 4 });
    expect(cpu.eip).toBe(at("kernel") + 4);
    cpu.requestInterrupt(0x20);
    expect(run(cpu, 100).kind).toBe("halt");
  });

  test("SYSENTER and SYSEXIT change rings without a look at gates or task state", () => {
    const fast = `.text\nfast: mov %ecx, %esi\nmov $back, %edx\nmov %esi, %ecx\nsysexit`;
    const source = `${KERNEL} user: mov %esp, %ecx\nsysenter\nback: jmp back\n${fast}`;
    const { cpu, at } = kernelMachine(source, []);
    cpu.msrs
      .set(0x174, 0x60)
      .set(0x175, KERNEL_STACK | 0)
      .set(0x176, at("fast"));
    run(cpu, 3);
    expect([cpu.cpl, cpu.eip, cpu.r[ESP]! >>> 0]).toEqual([0, at("fast") + 2, KERNEL_STACK]);
    run(cpu, 3);
    expect([cpu.cpl, cpu.eip, cpu.r[ESP]! >>> 0]).toEqual([3, at("back"), USER_STACK]);
  });

  test("without an observer, and with one, the machine does the same", () => {
    const states = [undefined, () => undefined].map((observer) => {
      const source = `${KERNEL} user: int $0x80\nmov $5, %eax\nint $0x80\npush %eax\nint $0x99`;
      const { cpu } = kernelMachine(source, GATES);
      cpu.observer = observer;
      const stop = run(cpu, 1000);
      return [stop, [...cpu.r], cpu.eip, cpu.eflags];
    });
    expect(states[0]).toEqual(states[1]);
  });
});
