import { expect, test } from "vitest";
import { assemble } from "../arch/x86/asm/assembler.ts";
import { writeElf } from "../arch/x86/asm/elf.ts";
import { link } from "../arch/x86/asm/link.ts";
import { boot } from "../index.ts";

function elfOf(source: string): Uint8Array {
  const assembled = assemble(source);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object]);
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  return writeElf(linked.image);
}

/** Runs an i386 program: how it ended, and what it wrote. */
function run(source: string) {
  const machine = boot({ cpus: 1 });
  machine.writeFile("/bin/a.out", elfOf(source), 0o755);
  const process = machine.spawn("/bin/a.out");
  machine.runUntilIdle();
  const { exited, signaled, output } = process;
  return { exited, signaled, output };
}

test("a program of i386 code writes by int 0x80 and exits", () => {
  const hello = `
    .globl _start
    _start:
      movl $4, %eax
      movl $1, %ebx
      movl $text, %ecx
      movl $3, %edx
      int $0x80
      movl %eax, %ebx
      movl $1, %eax
      int $0x80
    .data
    text: .ascii "hi\\n"
  `;
  expect(run(hello)).toEqual({ exited: 3, signaled: undefined, output: "hi\n" });
});

test("fork gives a machine program two lives with memory of their own", () => {
  const fork = `
    .globl _start
    _start:
      movl $2, %eax
      int $0x80
      testl %eax, %eax
      jz child
      movl %eax, %ebx
      movl $7, %eax
      movl $status, %ecx
      xorl %edx, %edx
      int $0x80
      movzbl status+1, %ebx
      addl value, %ebx
      movl $1, %eax
      int $0x80
    child:
      movl $30, value
      movl value, %ebx
      movl $1, %eax
      int $0x80
    .data
    value: .long 5
    status: .long 0
  `;
  expect(run(fork)).toMatchObject({ exited: 35 });
});

test.each([
  { what: "a division by zero", code: "xorl %ecx, %ecx\n divl %ecx", signal: 8 },
  { what: "an undefined instruction", code: "ud2", signal: 4 },
  { what: "a privileged instruction", code: "cli", signal: 11 },
  { what: "a load from nowhere", code: "movl 0x10, %eax", signal: 11 },
  { what: "a store into the kernel's half", code: "movl $1, 0xc0000000", signal: 11 },
  { what: "a breakpoint", code: "int3", signal: 5 },
])("$what is a signal", ({ code, signal }) => {
  expect(run(`.globl _start\n_start:\n ${code}\n`)).toMatchObject({ signaled: signal });
});

test("an unknown call answers -ENOSYS", () => {
  const unknown = `
    .globl _start
    _start:
      movl $9999, %eax
      int $0x80
      negl %eax
      movl %eax, %ebx
      movl $1, %eax
      int $0x80
  `;
  expect(run(unknown)).toMatchObject({ exited: 38 });
});

test("a loop of machine code takes its time and can be preempted", () => {
  const machine = boot({ cpus: 1 });
  const loop = `
    .globl _start
    _start:
      movl $600000, %ecx
    1: decl %ecx
      jnz 1b
      movl $1, %eax
      xorl %ebx, %ebx
      int $0x80
  `;
  machine.writeFile("/bin/loop", elfOf(loop), 0o755);
  const a = machine.spawn("/bin/loop");
  const b = machine.spawn("/bin/loop");
  machine.runFor(200_000);
  expect([a.state, b.state]).toEqual(["R", "R"]);
  machine.runUntilIdle();
  expect([a.exited, b.exited]).toEqual([0, 0]);
  expect(machine.now()).toBeGreaterThan(2 * 400_000);
});
