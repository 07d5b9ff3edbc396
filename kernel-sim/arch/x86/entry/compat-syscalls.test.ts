import { expect, test } from "vitest";
import { boot, i386 } from "../../../index.ts";
import { syscallNumbers32 } from "./syscall-table-32.ts";

type Call = readonly [name: string, ...args: (string | number)[]];

/** The machine code of some calls, of which the last one's answer becomes EDI. */
function calls(list: readonly Call[]): string {
  const registers = ["ebx", "ecx", "edx", "esi", "edi", "ebp"];
  return list
    .map(([name, ...args]) =>
      [
        ...args.map((arg, i) => `mov $${arg}, %${registers[i]!}`),
        `mov $${syscallNumbers32[name]!}, %eax`,
        "int $0x80",
      ].join("\n"),
    )
    .join("\n");
}

/** Makes the calls; the exit status is the sum of the last answer and of the words at some places of `buf`. */
function run(list: readonly Call[], places: readonly string[]): unknown {
  const source = `
    .globl _start
    _start:
      ${calls(list)}
      mov %eax, %ebx
      ${places.map((place) => `add buf+${place}, %ebx`).join("\n")}
      mov $1, %eax
      int $0x80
    .data
    path: .asciz "/etc/data"
    dir: .asciz "/etc"
    text: .ascii "hello"
    .align 4
    vec: .long text, 2, text+2, 3
    one: .long 0, 1000
    args: .long 1, 1, 0, buf
    lock: .word 1, 0
      .long 0, 0, 0
    area: .long -1, text, 0xfffff, 0x51
    flags: .word 0
    .bss
    buf: .skip 512
  `;
  const machine = boot({ cpus: 1 });
  machine.writeFile("/etc/data", "1234567");
  return machine.run(i386.asm(source));
}

test.each<{ what: string; list: readonly Call[]; places: readonly string[]; answer: number }>([
  { what: "stat64: size", list: [["stat64", "path", "buf"]], places: ["44"], answer: 7 },
  { what: "lstat64: size", list: [["lstat64", "path", "buf"]], places: ["44"], answer: 7 },
  { what: "fstatat64", list: [["fstatat64", -100, "path", "buf", 0]], places: ["44"], answer: 7 },
  { what: "stat: size", list: [["stat", "path", "buf"]], places: ["20"], answer: 7 },
  { what: "oldstat: size", list: [["oldstat", "path", "buf"]], places: ["16"], answer: 7 },
  {
    what: "fstat64",
    list: [
      ["open", "path", 0, 0],
      ["fstat64", 3, "buf"],
    ],
    places: ["44"],
    answer: 7,
  },
  {
    what: "_llseek answers by memory",
    list: [
      ["open", "path", 0, 0],
      ["_llseek", 3, 0, 5, "buf", 0],
    ],
    places: ["0", "4"],
    answer: 5,
  },
  {
    what: "pread64 with its position in two words",
    list: [
      ["open", "path", 0, 0],
      ["pread64", 3, "buf", 1, 4, 0],
    ],
    places: ["0"],
    answer: 1 + 0x35,
  },
  { what: "writev", list: [["writev", 1, "vec", 2]], places: [], answer: 5 },
  { what: "nanosleep", list: [["nanosleep", "one", 0]], places: [], answer: 0 },
  { what: "clock_nanosleep", list: [["clock_nanosleep", 1, 0, "one", 0]], places: [], answer: 0 },
  // Less than a second after the start, the clock has ns alone, and what follows is untouched.
  {
    what: "clock_gettime writes two words",
    list: [["clock_gettime", 1, "buf"]],
    places: ["0", "8", "12"],
    answer: 0,
  },
  {
    what: "clock_gettime64 writes two words of 64 bits",
    list: [["clock_gettime64", 1, "buf"]],
    places: ["0", "4", "12"],
    answer: 0,
  },
  { what: "gettimeofday", list: [["gettimeofday", "buf", 0]], places: ["8"], answer: 0 },
  { what: "_newselect", list: [["_newselect", 0, 0, 0, 0, "one"]], places: [], answer: 0 },
  { what: "ppoll", list: [["ppoll", 0, 0, "one", 0, 8]], places: [], answer: 0 },
  { what: "futex times out", list: [["futex", "buf", 0, 0, "one"]], places: [], answer: 256 - 110 },
  { what: "socketcall", list: [["socketcall", 8, "args"]], places: ["0", "4"], answer: 3 + 4 },
  { what: "socket", list: [["socket", 1, 1, 0]], places: [], answer: 3 },
  {
    what: "fcntl64 takes a lock",
    list: [
      ["open", "path", 2, 0],
      ["fcntl64", 3, 6, "lock"],
    ],
    places: [],
    answer: 0,
  },
  { what: "ugetrlimit", list: [["ugetrlimit", 4, "buf"]], places: ["0"], answer: 0 },
  { what: "getrlimit knows 31 bits", list: [["getrlimit", 0, "buf"]], places: ["0"], answer: 255 },
  { what: "sysinfo: bytes in a unit", list: [["sysinfo", "buf"]], places: ["52"], answer: 1 },
  { what: "setreuid with 16 bits", list: [["setreuid", 0xffff, 0xffff]], places: [], answer: 0 },
  { what: "getgroups32", list: [["getgroups32", 0, 0]], places: [], answer: 0 },
  {
    what: "getdents: the first entry",
    list: [
      ["open", "dir", 0o200000, 0],
      ["getdents", 3, "buf", 16],
    ],
    places: [],
    answer: 16,
  },
  { what: "times", list: [["times", "buf"], ["getppid"]], places: ["8", "12"], answer: 1 },
  { what: "stat with a bad pointer", list: [["stat64", "path", 8]], places: [], answer: 256 - 14 },
])("32-bit programs: $what", ({ list, places, answer }) => {
  expect(run(list, places)).toBe(answer);
});

test("thread-local storage lies behind the selector that set_thread_area names", () => {
  const source = `
    _start:
      mov $243, %eax
      mov $area, %ebx
      int $0x80
      mov area, %eax
      lea 3(,%eax,8), %eax
      mov %eax, %gs
      movzbl %gs:1, %ebx
      mov $1, %eax
      int $0x80
    .data
    area: .long -1, text, 0xfffff, 0x51
    text: .byte 1, 42
  `;
  expect(boot().run(i386.asm(source))).toBe(42);
});

test("a call through the vDSO by sysenter leaves the other registers as they were", () => {
  const source = `
    _start:
      mov %esp, %esi
    1: lodsl
      test %eax, %eax
      jnz 1b
      add $0, %esi
    2: lodsl
      test %eax, %eax
      jnz 2b
    3: lodsl
      mov %eax, %edx
      lodsl
      cmp $32, %edx
      jne 3b
      mov %eax, %edi
      mov $20, %eax
      mov $1, %ecx
      mov $2, %edx
      mov $4, %ebp
      call *%edi
      lea (%ecx,%edx), %ebx
      add %ebp, %ebx
      add %eax, %ebx
      mov $1, %eax
      call *%edi
  `;
  const machine = boot();
  const process = machine.spawn(i386.asm(source));
  const doors = [];
  for (;;) {
    const step = machine.stepInstruction(process);
    if (step === undefined) break;
    if (step.trap?.kind === "syscall") doors.push([step.trap.door, step.trap.name, step.text]);
  }
  expect(doors).toEqual([
    ["sysenter", "getpid", "sysenter"],
    ["sysenter", "exit", "sysenter"],
  ]);
  expect(process.exited).toBe(7 + process.pid);
});

test("a thread gets the thread-local storage that clone names", () => {
  // CLONE_VM | CLONE_SETTLS | SIGCHLD; the parent waits and tells what the child has left in memory.
  const source = `
    _start:
      mov $120, %eax
      mov $0x80111, %ebx
      mov $stack, %ecx
      xor %edx, %edx
      mov $area, %esi
      xor %edi, %edi
      int $0x80
      test %eax, %eax
      jz child
      mov %eax, %ebx
      xor %ecx, %ecx
      mov $7, %eax
      int $0x80
      movzbl text, %ebx
      mov $1, %eax
      int $0x80
    child:
      mov $0x33, %eax
      mov %eax, %gs
      movb $42, %gs:0
      mov $1, %eax
      int $0x80
    .data
    area: .long 6, text, 0xfffff, 0x51
    text: .byte 1
    .bss
    .skip 4096
    stack: .skip 16
  `;
  expect(boot().run(i386.asm(source))).toBe(42);
});

test("an instruction with the trap flag is followed by SIGTRAP", () => {
  const machine = boot();
  const process = machine.spawn(i386.asm("pushf\norl $0x100, (%esp)\npopf\nnop\nnop"));
  machine.runUntilIdle();
  expect(process.signaled).toBe(5);
});
