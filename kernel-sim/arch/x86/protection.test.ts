import { describe, expect, test } from "vitest";
import type { PortBus } from "./cpu.ts";
import {
  IDT_OFFSET,
  KERNEL_CS,
  KERNEL_DS,
  TSS_OFFSET,
  USER_CS,
  USER_DS,
} from "./descriptor-tables.ts";
import { EAX, EBX, ECX, EDX, ESP, X86_EFLAGS_IOPL, X86_EFLAGS_ZF } from "./registers.ts";
import { run } from "./run.ts";
import { encodeDescriptor } from "./segment.ts";
import { KERNEL_STACK, type KernelMachine, kernelMachine, TABLES } from "./test-machine.ts";

const HANDLERS = `
  .text
  de: mov $0, %edi
    jmp 1f
  np: mov $11, %edi
    jmp 1f
  ts: mov $10, %edi
    jmp 1f
  ss: mov $12, %edi
    jmp 1f
  gp: mov $13, %edi
    jmp 1f
  pf: mov $14, %edi
  1: pop %esi
    hlt
  outer: mov $1, %ebp
    hlt
`;
const GATES = [
  [0, "de", 0],
  [6, "de", 0],
  [10, "ts", 0],
  [11, "np", 0],
  [12, "ss", 0],
  [13, "gp", 0],
  [14, "pf", 0],
  [0x80, "outer", 3],
] as const;

const KERNEL = "kernel";
/** A free descriptor of the GDT. */
const SPARE = 20 * 8;

/** A machine that starts in the kernel, at `kernel:`; `user:` is there as well. */
function inKernel(source: string): KernelMachine {
  const user = '.section .user, "awx"\n.align 4096\nuser: int $0x80\n';
  const machine = kernelMachine(`${HANDLERS}${KERNEL}: ${source}\nhlt\n${user}`, GATES);
  machine.cpu.setFlatSegments(0);
  machine.cpu.r[ESP] = KERNEL_STACK;
  machine.cpu.eip = machine.at(KERNEL);
  return machine;
}

function inUser(source: string): KernelMachine {
  const user = `.section .user, "awx"\n.align 4096\nuser: ${source}\nint $0x80\n`;
  return kernelMachine(`${HANDLERS}${user}`, GATES);
}

/** Puts a descriptor into the GDT. */
function setDescriptor({ memory, tables }: KernelMachine, selector: number, type: number): void {
  const start = tables.walk(TABLES).at(-1)!.pfn * 4096 + selector;
  const [low, high] = encodeDescriptor({ base: 0, limit: 0xffffffff, type });
  memory.write32(start, low);
  memory.write32(start + 4, high);
}

/** Vector and error code of the fault that a run ends with; -1 without one. */
function faultOf({ cpu }: KernelMachine): [number, number] {
  cpu.r[7] = -1;
  cpu.r[5] = 0;
  expect(run(cpu, 1000).kind).toBe("halt");
  return [cpu.r[7]!, cpu.r[7] === -1 ? 0 : cpu.r[6]!];
}

describe("loading a data segment", () => {
  test.each([
    { name: "a user may load the user's", user: true, type: 0xf3, rpl: 3, fault: [-1, 0] },
    {
      name: "a user may not load the kernel's",
      user: true,
      type: 0x93,
      rpl: 3,
      fault: [13, SPARE],
    },
    { name: "a kernel may load the user's", user: false, type: 0xf3, rpl: 3, fault: [-1, 0] },
    {
      name: "RPL counts: the kernel's with 3 is refused",
      user: false,
      type: 0x93,
      rpl: 3,
      fault: [13, SPARE],
    },
    {
      name: "code that cannot be read is refused",
      user: true,
      type: 0xf9,
      rpl: 3,
      fault: [13, SPARE],
    },
    { name: "code that can be read is fine", user: true, type: 0xfb, rpl: 3, fault: [-1, 0] },
    {
      name: "conforming code is fine from anywhere",
      user: true,
      type: 0x9e,
      rpl: 3,
      fault: [-1, 0],
    },
    { name: "one that is not present is #NP", user: true, type: 0x73, rpl: 3, fault: [11, SPARE] },
    { name: "a system segment is refused", user: true, type: 0xe9, rpl: 3, fault: [13, SPARE] },
  ])("$name", ({ user, type, rpl, fault }) => {
    const source = `mov $${SPARE | rpl}, %eax\nmov %ax, %fs`;
    const machine = user ? inUser(source) : inKernel(source);
    setDescriptor(machine, SPARE, type);
    expect(faultOf(machine)).toEqual(fault);
  });

  test("the processor notes in the table that it was loaded", () => {
    const machine = inUser(`mov $${SPARE | 3}, %eax\nmov %ax, %fs`);
    setDescriptor(machine, SPARE, 0xf2);
    faultOf(machine);
    const start = machine.tables.walk(TABLES).at(-1)!.pfn * 4096;
    expect(machine.memory.read8(start + SPARE + 5)).toBe(0xf3);
  });

  test.each([
    { name: "null", selector: 0, fault: [13, 0] },
    { name: "of another ring", selector: USER_DS, fault: [13, USER_DS & ~3] },
    { name: "code", selector: KERNEL_CS, fault: [13, KERNEL_CS] },
    { name: "beyond the table", selector: 0x1000, fault: [13, 0x1000] },
    { name: "not present", selector: SPARE, fault: [12, SPARE] },
  ])("SS cannot be $name", ({ selector, fault }) => {
    const machine = inKernel(`mov $${selector}, %eax\nmov %ax, %ss`);
    setDescriptor(machine, SPARE, 0x13);
    expect(faultOf(machine)).toEqual(fault);
  });
});

describe("far transfers", () => {
  test("jump, call and return within the ring", () => {
    const source = `ljmp $${KERNEL_CS}, $1f\nhlt\n1: lcall $${KERNEL_CS}, $f\nmov $7, %ebx\nhlt\nf: mov (%esp), %eax\nmov 4(%esp), %ecx\nlret`;
    const machine = inKernel(source);
    expect(faultOf(machine)[0]).toBe(-1);
    const { cpu } = machine;
    expect([cpu.r[EBX], cpu.r[ECX]]).toEqual([7, KERNEL_CS]);
  });

  test.each([
    { name: "to the user's code", selector: USER_CS, fault: [13, USER_CS & ~3] },
    { name: "to data", selector: KERNEL_DS, fault: [13, KERNEL_DS] },
    { name: "to null", selector: 0, fault: [13, 0] },
    { name: "to code that is not present", selector: SPARE, fault: [11, SPARE] },
  ])("a jump $name is refused", ({ selector, fault }) => {
    const machine = inKernel(`ljmp $${selector}, $0`);
    setDescriptor(machine, SPARE, 0x1b);
    expect(faultOf(machine)).toEqual(fault);
  });

  test.each(["lret", "iret"])(
    "%s leaves for the user's ring, and takes the kernel's segments away",
    (name) => {
      const flags = name === "iret" ? "pushf" : "";
      const machine = inKernel(
        `mov $${KERNEL_DS}, %eax\nmov %ax, %fs\npush $${USER_DS}\npush $0xbfff0000\n${flags}\npush $${USER_CS}\npush $user\n${name}`,
      );
      const { cpu, at } = machine;
      while (cpu.cpl === 0 && !cpu.isHalted) run(cpu, 1);
      expect([cpu.cpl, cpu.eip, cpu.r[ESP]! >>> 0]).toEqual([3, at("user"), 0xbfff0000]);
      expect(cpu.segments.map(({ selector }) => selector)).toEqual([0, USER_CS, USER_DS, 0, 0, 0]);
    },
  );

  test.each([
    { name: "into an inner ring", cs: KERNEL_CS, ss: USER_DS, user: true, fault: [13, KERNEL_CS] },
    {
      name: "with the kernel's stack",
      cs: USER_CS,
      ss: KERNEL_DS,
      user: false,
      fault: [13, KERNEL_DS],
    },
    { name: "without a stack", cs: USER_CS, ss: 0, user: false, fault: [13, 0] },
  ])("IRET $name is refused", ({ cs, ss, user, fault }) => {
    const source = `push $${ss}\npush $0\npush $2\npush $${cs}\npush $user\niret`;
    expect(faultOf(user ? inUser(source) : inKernel(source))).toEqual(fault);
  });
});

describe("IRET and POPF change only the flags that the ring may change", () => {
  test.each([
    { name: "a user keeps IF and IOPL", user: true, want: 0x202 },
    { name: "a kernel sets them", user: false, want: 0x3002 },
  ])("$name", ({ user, want }) => {
    const source = "pushl $0x3002\npopf\npushf\npop %ebx";
    const machine = user ? inUser(source) : inKernel(source);
    machine.cpu.eflags = 0x202;
    faultOf(machine);
    expect(machine.cpu.r[EBX]).toBe(want);
  });
});

describe("ports", () => {
  function withBus(machine: KernelMachine): string[] {
    const log: string[] = [];
    const bus: PortBus = {
      read: (port, bytes) => {
        log.push(`in ${port} ${bytes}`);
        return 0x12345678;
      },
      write: (port, value, bytes) => {
        log.push(`out ${port} ${value} ${bytes}`);
      },
    };
    machine.cpu.ports = bus;
    return log;
  }

  test("the kernel reaches them all, in three sizes", () => {
    const machine = inKernel(
      "mov $-1, %eax\nmov $0x3f8, %edx\noutb %al, (%dx)\noutw %ax, $0x20\noutl %eax, (%dx)\nxor %eax, %eax\ninb (%dx), %al",
    );
    const log = withBus(machine);
    expect(faultOf(machine)[0]).toBe(-1);
    expect(log).toEqual(["out 1016 255 1", "out 32 65535 2", "out 1016 4294967295 4", "in 1016 1"]);
    expect(machine.cpu.r[EAX]).toBe(0x78);
  });

  test("a user needs IOPL, or the port's bit in the task state", () => {
    const source = "mov $0x80, %edx\nmov $5, %eax\noutb %al, (%dx)";
    const refused = inUser(source);
    expect([faultOf(refused), withBus(refused)]).toEqual([[13, 0], []]);
    const byIopl = inUser(source);
    byIopl.cpu.eflags |= X86_EFLAGS_IOPL;
    const log = withBus(byIopl);
    expect([faultOf(byIopl)[0], log]).toEqual([-1, ["out 128 5 1"]]);
    const byMap = inUser(source);
    const task = byMap.tables.walk(TABLES).at(-1)!.pfn * 4096 + TSS_OFFSET;
    // The map at the end of a longer segment: port 0x80 is bit 0 of its byte 16.
    byMap.memory.write8(task + 104 + 16, 0xfe);
    byMap.cpu.tr.limit = 104 + 32;
    const mapped = withBus(byMap);
    expect([faultOf(byMap)[0], mapped]).toEqual([-1, ["out 128 5 1"]]);
  });
});

test("LAR, LSL, VERR and VERW tell what a selector is worth without loading it", () => {
  const machine = inUser(
    `mov $${USER_CS}, %ecx\nlar %ecx, %eax\nlsl %ecx, %ebx\nverw %cx\npushf\npop %edx\nmov $${KERNEL_DS}, %ecx\nverr %cx\npushf\npop %ebp`,
  );
  const { cpu } = machine;
  run(cpu, 10);
  expect([cpu.r[EAX], cpu.r[EBX]]).toEqual([0x00cffb00, -1]);
  expect([cpu.r[EDX]! & X86_EFLAGS_ZF, cpu.r[5]! & X86_EFLAGS_ZF]).toEqual([0, 0]);
});

describe("an entry that cannot be made", () => {
  /** Changes the tables, then runs an instruction that is not there: #UD, which doubles no fault. */
  const UD = IDT_OFFSET + 6 * 8;

  function broken(change: (machine: KernelMachine, tables: number) => void): [number, number] {
    const machine = inUser("ud2");
    change(machine, machine.tables.walk(TABLES).at(-1)!.pfn * 4096);
    return faultOf(machine);
  }

  test.each<[string, (machine: KernelMachine, tables: number) => void, number[]]>([
    [
      "a gate that is not present is #NP",
      ({ memory }, t) => memory.write8(t + UD + 5, 0x0e),
      [11, 51],
    ],
    ["a gate that is none is #GP", ({ memory }, t) => memory.write8(t + UD + 5, 0x83), [13, 51]],
    [
      "a gate into data is #GP",
      ({ memory }, t) => memory.write16(t + UD + 2, KERNEL_DS),
      [13, KERNEL_DS + 1],
    ],
  ])("%s", (_name, change, fault) => {
    expect(broken(change)).toEqual(fault);
  });

  test("a stack of the wrong ring in the task state is #TS, and that a shutdown", () => {
    const machine = inUser("xor %ecx, %ecx\ndiv %ecx");
    const task = machine.tables.walk(TABLES).at(-1)!.pfn * 4096 + TSS_OFFSET;
    machine.memory.write32(task + 8, USER_DS);
    expect(run(machine.cpu, 1000).kind).toBe("shutdown");
  });
});

test("an operand that wraps around the end of memory is #SS on the stack and #GP elsewhere", () => {
  expect(faultOf(inUser("mov $-2, %esp\npop %eax"))).toEqual([12, 0]);
  expect(faultOf(inUser("mov -2(%ebp), %eax"))).toEqual([12, 0]);
  expect(faultOf(inUser("mov -2, %eax"))).toEqual([13, 0]);
});
