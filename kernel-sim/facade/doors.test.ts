import { expect, test } from "vitest";
import { boot, i386, x86 } from "../index.ts";

const STUB = `
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
  ret
`;

test("a stub of x86-64 hands six arguments over, and syscall destroys rcx and r11", () => {
  const { calls, before, registers, returned, steps } = x86.run64(STUB, {
    args: [9, 1, 2, 3, 4, 5, 6],
    registers: { rbx: 77, rbp: 78, r11: 79, r12: 80 },
    kernel: (nr, ...args) => nr * 100 + args.length,
  });
  expect(calls).toEqual([[9, 1, 2, 3, 4, 5, 6]]);
  expect(returned).toBe(906);
  expect(registers).toMatchObject({ rbx: 77, rbp: 78, r12: 80, rsp: before.rsp + 8 });
  const syscall = steps.find(({ text }) => text === "syscall")!;
  const changed = Object.keys(syscall.registers).filter((name) => {
    const key = name as keyof typeof registers;
    return syscall.registers[key] !== steps[6]?.registers[key];
  });
  expect(changed.sort()).toEqual(["r11", "rax", "rcx", "rip"]);
});

test.each([
  ["movq %foo, %rax", "line 1: %foo is no register of 64 or 32 bits"],
  ["nop\ncpuid", "line 2: cpuid is not among the instructions that are here"],
  ["mov (%rax), 8(%rbx)", "line 1: no instruction has two operands in memory"],
  ["nop", "the function runs over its last line: no ret"],
])("x86-64 code with a mistake is refused: %s", (source, message) => {
  expect(() => x86.run64(source)).toThrow(message);
});

test("a device of the host takes what it likes", () => {
  const machine = boot();
  const taken: number[] = [];
  const answers = machine.run(
    function* (sys) {
      return [
        yield* sys.write(1, "hello"),
        yield* sys.write(1, "lo"),
        yield* sys.write(1, "more"),
        yield* sys.write(2, "!"),
      ];
    },
    {
      stdout: (bytes) => {
        taken.push(bytes.length);
        return [3, -4, 1e9][taken.length - 1]!;
      },
    },
  );
  expect(answers).toEqual([3, -4, 4, 1]);
  expect(taken).toEqual([5, 2, 4]);
});

const OVERWRITE = i386.asm`
_start:
  call victim
  mov $0, %ebx
  jmp leave
attack:
  mov $42, %ebx
leave:
  mov $1, %eax
  int $0x80
victim:
  movl $attack, (%esp)
  ret
`;

test("an overwritten return address diverts a program; with a shadow stack it is #CP and SIGSEGV", () => {
  expect(boot().run(OVERWRITE)).toBe(42);
  const machine = boot();
  expect(machine.run(OVERWRITE, { shadowStack: true })).toBe(128 + 11);
  expect(machine.kernelLog.at(-1)).toMatch(
    /^a\.out\[\d+\] control protection ip:.* error:1\(near ret\)$/,
  );
});

test("arch_prctl switches a shadow stack on, locks it, and the pointer can be read and moved", () => {
  const machine = boot();
  const program = i386.asm`
    .macro arch_prctl op, arg
      mov $384, %eax
      mov $\op, %ebx
      mov $\arg, %ecx
      int $0x80
    .endm
  _start:
    xor %esi, %esi
    rdsspd %esi
    arch_prctl 0x5001, 1
    mov %eax, %edi
    call f
  f: call g
    mov $99, %ebx
    jmp out
  g: mov $1, %eax
    incsspd %eax
    pop %ecx
    rdsspd %edx
    arch_prctl 0x5003, 1
    arch_prctl 0x5002, 1
    mov %eax, %ebx
    add %esi, %ebx
    add %edi, %ebx
    neg %ebx
  out: mov $1, %eax
    int $0x80
  `;
  // Nothing before, success of the first call, EPERM of the last: 0 + 0 + 1.
  expect(machine.run(program)).toBe(1);
});

test("a signal handler returns over its own frame on the shadow stack, and a child has a copy", () => {
  const machine = boot();
  const program = i386.asm`
  _start:
    mov $174, %eax          # rt_sigaction(SIGUSR1, &action, 0, 8)
    mov $10, %ebx
    mov $action, %ecx
    xor %edx, %edx
    mov $8, %esi
    int $0x80
    call f
    mov %eax, %ebx
    mov $1, %eax
    int $0x80
  f:
    call g
    add $1, %eax
    ret
  g:
    mov $2, %eax            # fork: both return over the same frames
    int $0x80
    mov %eax, %ebp
    mov $20, %eax
    int $0x80
    mov %eax, %ebx
    mov $37, %eax           # kill(getpid(), SIGUSR1)
    mov $10, %ecx
    int $0x80
    test %ebp, %ebp
    jz 1f
    mov $7, %eax            # waitpid
    mov %ebp, %ebx
    mov $status, %ecx
    xor %edx, %edx
    int $0x80
    mov status, %eax
    shr $8, %eax
    add seen, %eax
    ret
  1:
    mov seen, %eax
    ret
  handler:
    call h
    ret
  h:
    incl seen
    ret
  restorer:
    mov $173, %eax
    int $0x80
  .data
  action: .long handler, 0x04000004, restorer, 0, 0
  seen: .long 0
  status: .long 0
  `;
  // The child answers seen + 1 = 2, the parent that + seen + 1.
  expect(machine.run(program, { shadowStack: true })).toBe(4);
  expect(machine.run(program)).toBe(4);
});
