import { expect, test } from "vitest";
import { boot } from "../../index.ts";
import { assemble } from "./asm/assembler.ts";
import { writeElf } from "./asm/elf.ts";
import { link } from "./asm/link.ts";

/** Runs an i386 program: how it ended. */
function run(source: string) {
  const assembled = assemble(source);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object]);
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  const machine = boot({ cpus: 1 });
  machine.writeFile("/bin/a.out", writeElf(linked.image), 0o755);
  const process = machine.spawn("/bin/a.out");
  machine.runUntilIdle();
  const { exited, signaled } = process;
  return { exited, signaled };
}

const KILL_SELF = `
      movl $20, %eax
      int $0x80
      movl %eax, %ebx
      movl $10, %ecx
      movl $37, %eax
      int $0x80
`;
const EXIT = `
      movl $1, %eax
      int $0x80
`;

test.each([
  {
    what: "sigaction, with a restorer of its own",
    call: 67,
    action: ".long handler, 0, 0x4000000, restorer",
    size: 0,
  },
  {
    what: "sigaction, with the code on the stack",
    call: 67,
    action: ".long handler, 0, 0, 0",
    size: 0,
  },
  {
    what: "rt_sigaction, without SA_SIGINFO",
    call: 174,
    action: ".long handler, 0x4000000, restorer, 0, 0",
    size: 8,
  },
])("a 32-bit handler gets its signal and what it interrupted goes on: $what", (row) => {
  const program = `
    .globl _start
    _start:
      movl $10, %ebx
      movl $action, %ecx
      xorl %edx, %edx
      movl $${row.size}, %esi
      movl $${row.call}, %eax
      int $0x80
      testl %eax, %eax
      jnz bad
      movl $30, %edi
      ${KILL_SELF}
      movl %edi, %ebx
      addl seen, %ebx
      ${EXIT}
    bad:
      movl $99, %ebx
      ${EXIT}
    handler:
      movl 4(%esp), %eax
      movl %eax, seen
      movl $77, %edi
      ret
    restorer:
      popl %eax
      movl $119, %eax
      int $0x80
    .data
    action: ${row.action}
    seen: .long 0
  `;
  expect(run(program)).toEqual({ exited: 40, signaled: undefined });
});

test("with SA_SIGINFO a 32-bit handler sees where a fault was and may step over it", () => {
  const program = `
    .globl _start
    _start:
      movl $11, %ebx
      movl $action, %ecx
      xorl %edx, %edx
      movl $8, %esi
      movl $174, %eax
      int $0x80
      movl 0x24, %eax
    after:
      movl address, %ebx
      ${EXIT}
    handler:
      movl 8(%esp), %ecx
      movl 12(%ecx), %eax
      movl %eax, address
      movl 12(%esp), %ecx
      movl $after, 76(%ecx)
      ret
    restorer:
      movl $173, %eax
      int $0x80
    .data
    action: .long handler, 0x4000004, restorer, 0, 0
    address: .long 0
  `;
  // The instruction pointer lies 56 bytes into the registers, which begin 20 bytes into the context.
  expect(run(program)).toEqual({ exited: 0x24, signaled: undefined });
});

test("signal(2) of i386 resets the handler when it is taken", () => {
  const program = `
    .globl _start
    _start:
      movl $10, %ebx
      movl $handler, %ecx
      movl $48, %eax
      int $0x80
      ${KILL_SELF}
      ${KILL_SELF}
      movl $1, %ebx
      ${EXIT}
    handler:
      ret
  `;
  expect(run(program)).toEqual({ exited: undefined, signaled: 10 });
});

test("waitid tells a 32-bit program of its child in the layout of i386", () => {
  const program = `
    .globl _start
    _start:
      movl $2, %eax
      int $0x80
      testl %eax, %eax
      jz child
      xorl %ebx, %ebx
      xorl %ecx, %ecx
      movl $info, %edx
      movl $4, %esi
      xorl %edi, %edi
      movl $284, %eax
      int $0x80
      movl info, %ebx
      addl info+8, %ebx
      addl info+20, %ebx
      ${EXIT}
    child:
      movl $30, %ebx
      ${EXIT}
    .data
    info: .long 0, 0, 0, 0, 0, 0
  `;
  // SIGCHLD, CLD_EXITED and the status.
  expect(run(program)).toEqual({ exited: 17 + 1 + 30, signaled: undefined });
});
