import { expect, test } from "vitest";
import { boot, i386 } from "../index.ts";

const HELLO = i386.asm`
  .globl _start
_start:
  mov $4, %eax
  mov $1, %ebx
  mov $text, %ecx
  mov $3, %edx
  int $0x80
  mov %eax, %ebx
  mov $1, %eax
  int $0x80
  .section .rodata
text: .ascii "hi\n"
`;

test("a program of machine code runs like any other, and answers its exit status", () => {
  const machine = boot();
  expect(machine.run(HELLO)).toBe(3);
  expect(machine.consoleOutput).toBe("hi\n");
  machine.install("/bin/hello", HELLO);
  const process = machine.spawn("/bin/hello");
  machine.runUntilIdle();
  expect([process.exited, process.output]).toEqual([3, "hi\n"]);
  expect(machine.run(i386.assemble("ud2", { name: "bad" }))).toBe(128 + 4);
});

test("its listing has addresses, lines and labels", () => {
  expect(HELLO.symbols["_start"]).toBe(HELLO.entry);
  expect(HELLO.instructions[0]).toEqual({
    address: HELLO.entry,
    text: "mov    $0x4,%eax",
    label: "_start",
    line: 4,
  });
  expect(HELLO.text()).toContain("<_start>:");
  expect(i386.assemble("mov eax, 5", { syntax: "intel" }).instructions[0]?.text).toMatch(
    /mov +eax,0x5/,
  );
});

test("what is wrong with a source is named with line and column", () => {
  expect(() => i386.asm("nop\n  movv %eax, %ebx")).toThrow(SyntaxError);
  expect(() => i386.asm("nop\n  movv %eax, %ebx")).toThrow(/^line 2, column 3: /);
});

test("one instruction at a time shows registers, faults that are repaired and system calls", () => {
  const machine = boot({ cpus: 1 });
  const process = machine.spawn(HELLO);
  const steps = [];
  for (;;) {
    const step = machine.stepInstruction(process);
    if (step === undefined) break;
    steps.push(step);
  }
  expect(steps[0]).toMatchObject({
    text: "mov    $0x4,%eax",
    trap: { kind: "exception", name: "#PF", address: HELLO.entry },
    registers: { eip: HELLO.entry, cpl: 3 },
  });
  expect(steps[1]).toMatchObject({ text: "mov    $0x4,%eax", trap: undefined });
  expect(steps[1]?.registers).toMatchObject({ eax: 4, eip: HELLO.entry + 5 });
  expect(steps.find(({ trap }) => trap?.kind === "syscall")).toMatchObject({
    trap: { door: "int80", number: 4, name: "write" },
    registers: { eax: 3 },
  });
  expect(steps.at(-1)).toMatchObject({ trap: { name: "exit" }, registers: undefined });
  expect(steps).toHaveLength(9);
  expect(process.exited).toBe(3);
});

test("memory is looked at without being touched", () => {
  const machine = boot();
  const process = machine.spawn(HELLO);
  expect([...process.memory(HELLO.symbols["text"]!, 3)!]).toEqual([0x68, 0x69, 10]);
  expect(process.memory(16, 4)).toBeUndefined();
  expect(process.maps).toMatch(/^08049000-0804a000 r-xp /);
  expect(machine.stepInstruction(process)?.trap?.kind).toBe("exception");
  expect(process.registers()?.flags).toContain("IF");
});

test("the way in by int 0x80 reads gate and task state, and pushes five words", () => {
  const steps = i386.entrySteps({ eax: 4, ebx: 1, result: 3 });
  const kinds = steps.map(({ kind }) => kind);
  expect(kinds.slice(0, 7)).toEqual([
    ...["instruction", "interrupt", "gate-read", "privilege-check", "code-segment"],
    ...["tss-read", "stack-switch"],
  ]);
  const pushed = steps.filter(({ kind }) => kind === "push").map(({ fields }) => fields["what"]);
  expect(pushed).toEqual(["ss", "esp", "eflags", "cs", "eip"]);
  const saved = steps.filter(({ fields }) => fields["pushedTo"] !== undefined);
  expect(saved.map(({ fields }) => fields["what"])).toEqual(
    "orig_ax gs fs es ds ax bp di si dx cx bx return-address".split(" "),
  );
  // The processor's stack is only passed through: the frame of 17 words goes to the thread's, and back.
  const copies = steps.filter(({ fields }) => fields["words"] !== undefined);
  expect(copies.map(({ fields }) => fields["words"])).toEqual([17, 17]);
  expect(copies[0]?.fields["to"]).toBe(copies[1]?.fields["from"]);
  expect(copies[0]?.fields["from"]).toBe(copies[1]?.fields["to"]);
  // Its end is TOP_OF_KERNEL_STACK_PADDING below that of the thread's stack.
  expect(Number(copies[0]?.fields["to"]) + 68).toBe(0xc3002000 - 8);
  expect(steps.at(-1)).toMatchObject({
    kind: "jump",
    registers: { eax: 3, ebx: 1, cpl: 3, cs: 0x73, ss: 0x7b, esp: 0xbffff000 },
  });
  expect(steps.at(-1)?.registers.flags).toEqual(["IF"]);
});

test("the way in by sysenter reads three registers of the processor and nothing else", () => {
  const steps = i386.entrySteps({ door: "sysenter", eax: 20, ecx: 7, edx: 8, ebp: 9, result: 42 });
  expect(steps.filter(({ kind }) => kind === "msr-read")).toHaveLength(3);
  expect(steps.some(({ kind }) => kind === "gate-read" || kind === "push")).toBe(false);
  expect(steps.at(-1)?.registers).toMatchObject({
    ...{ eax: 42, ecx: 7, edx: 8, ebp: 9, esp: 0xbffff000, cpl: 3, flags: ["IF"] },
  });
});

test("write() to the console with a bad pointer writes nothing and answers EFAULT", () => {
  const machine = boot();
  const answer = machine.run(function* (sys) {
    return yield* sys.call("write", 1, 8, 3);
  });
  expect([answer, machine.consoleOutput]).toEqual([-14, ""]);
});
