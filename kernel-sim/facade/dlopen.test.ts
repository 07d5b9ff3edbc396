import { expect, test } from "vitest";
import type { MachineProgram, SpawnOptions } from "../api-kernel.ts";
import { boot, i386 } from "../index.ts";

/** Code that prints a letter, and leaves all registers but EAX as they were. */
function say(letter: string): string {
  return `
    push %ebx; push %ecx; push %edx
    push $${letter.charCodeAt(0)}
    mov $4, %eax; mov $1, %ebx; mov %esp, %ecx; mov $1, %edx; int $0x80
    add $4, %esp; pop %edx; pop %ecx; pop %ebx`;
}

/** A library that says when its first and last functions are called: a letter, small at the end. */
function talker(letter: string, needed: readonly MachineProgram[] = [], more = ""): MachineProgram {
  const last = letter.toLowerCase();
  return i386.library(
    `
    .globl _init, _fini
    _init: ${say("<")}
      ret
    _fini: ${say(">")}
      ret
    first: ${say(letter)}
      ret
    second: ${say("2")}
      ret
    last: ${say(last)}
      ret
    .section .init_array
    .long first, second
    .section .fini_array
    .long last, second
    .text
    ${more}`,
    { name: `lib${last}.so`, needed },
  );
}

function run(
  libraries: readonly MachineProgram[],
  text: string,
  options: SpawnOptions & { readonly needed?: readonly (MachineProgram | string)[] } = {},
) {
  const machine = boot({ seed: 1, cpus: 1 });
  for (const lib of libraries) machine.install(`/lib/${lib.name}`, lib);
  const { needed = ["ld-linux.so.2"], ...rest } = options;
  const main = i386.assemble(text, { name: "main", needed });
  const process = machine.spawn(main, { argv: ["main"], ...rest });
  machine.runUntilIdle();
  const { exited, signaled, output } = process;
  return { exited, signaled, output };
}

const b = talker("B");
const a = talker("A", [b]);

test("what is needed is initialized first, the program's very first functions before all", () => {
  const text = `
    .globl _start
    _start: mov %edx, %edi
      ${say("M")}
      call *%edi
      mov $1, %eax; xor %ebx, %ebx; int $0x80
    pre: ${say("P")}
      ret
    own: ${say("!")}
      ret
    .section .preinit_array
    .long pre
    .section .init_array
    .long own
    .section .fini_array
    .long own`;
  const { output, exited } = run([a, b], text, { needed: [a] });
  // The start-up code of a C library calls the program's own, the linker does not.
  expect(output).toBe("P<B2<A2M!2a>2b>");
  expect(exited).toBe(0);
});

test("dlopen loads a library with what it needs, dlsym finds its function, dlclose ends both", () => {
  const f = talker("F", [b], ".globl f\nf: mov $42, %eax\n ret");
  const text = `
    .globl _start
    _start:
      push $2; push $name; call dlopen; add $8, %esp
      mov %eax, %esi
      ${say("-")}
      push $symbol; push %esi; call dlsym; add $8, %esp
      call *%eax
      mov %eax, %edi
      ${say("-")}
      push %esi; call dlclose; add $4, %esp
      mov %eax, %ebx
      add %edi, %ebx
      mov $1, %eax; int $0x80
    .data
    name: .asciz "libf.so"
    symbol: .asciz "f"`;
  const { output, exited } = run([f, b], text);
  expect(output).toBe("<B2<F2--2f>2b>");
  expect(exited).toBe(42);
});

/** A program that makes calls of dlopen and its like, and writes what each answers, or dlerror's text. */
function asking(calls: readonly string[], data: Readonly<Record<string, string>>): string {
  const steps = calls.map(
    (call, i) => `
      ${call}
      test %eax, %eax; jz bad${i}
      ${say("+")}
      jmp done${i}
    bad${i}: call dlerror
      test %eax, %eax; jnz text${i}
      ${say("0")}
      jmp done${i}
    text${i}: mov %eax, %ecx; xor %edx, %edx
    count${i}: cmpb $0, (%ecx,%edx); je print${i}; inc %edx; jmp count${i}
    print${i}: mov $4, %eax; mov $1, %ebx; int $0x80
    done${i}: ${say("\n")}`,
  );
  const strings = Object.entries(data).map(([name, value]) => `${name}: .asciz "${value}"`);
  return `
    .globl _start
    _start: ${steps.join("\n")}
      mov $1, %eax; xor %ebx, %ebx; int $0x80
    .data
    ${strings.join("\n")}`;
}

const open = (name: string, mode: number) =>
  `push $${mode}; push $${name}; call dlopen; add $8, %esp; mov %eax, %ebp`;
const sym = (handle: string, name: string) =>
  `push $${name}; push ${handle}; call dlsym; add $8, %esp`;

test("what cannot be done answers 0, and dlerror says why in glibc's words, once", () => {
  const lib = i386.library(".globl f\nf: ret", { name: "libf.so" });
  const broken = i386.library(".globl g\ng: call nobody@PLT\n ret", { name: "libg.so" });
  const text = asking(
    [
      open("none", 2),
      open("f", 0),
      open("f", 6),
      "xor %eax, %eax",
      open("f", 1),
      sym("%ebp", "fs"),
      sym("%ebp", "none"),
      sym("$0", "fs"),
      sym("$-1", "fs"),
      open("f", 0x102),
      sym("$0", "fs"),
      open("g", 2),
      open("g", 1),
      open("junk", 1),
      "push $0; call dlclose; add $4, %esp; inc %eax",
    ],
    { none: "nosuch.so", f: "libf.so", fs: "f", g: "libg.so", junk: "/etc/passwd" },
  );
  const { output } = run([lib, broken], text);
  expect(output.split("\n").slice(0, -1)).toEqual([
    "nosuch.so: cannot open shared object file: No such file or directory",
    "libf.so: invalid mode for dlopen(): Invalid argument",
    "0",
    "0",
    "+",
    "+",
    "/lib/libf.so: undefined symbol: nosuch.so",
    "main: undefined symbol: f",
    "main: undefined symbol: f",
    "+",
    "+",
    "/lib/libg.so: undefined symbol: nobody",
    "+",
    "/etc/passwd: invalid ELF header",
    "invalid handle",
  ]);
});

test("a library is counted, and stays when another one has bound something of it", () => {
  const inner = talker("I", [], ".globl i\ni: ret");
  const user = i386.library(".globl u\nu: call i@PLT\n ret", { name: "libu.so" });
  const close = "push %ebp; call dlclose; add $4, %esp; inc %eax";
  const text = asking(
    [open("i", 0x101), open("i", 1), close, open("u", 2), open("i", 1), close, close],
    { i: "libi.so", u: "libu.so" },
  );
  expect(run([inner, user], text).output).toBe("<I2+\n+\n+\n+\n+\n+\n+\n");
});

test("RTLD_NODELETE keeps a library when it is closed", () => {
  const lib = talker("N");
  const close = "push %ebp; call dlclose; add $4, %esp; inc %eax";
  const text = asking([open("n", 0x1001), close, open("n", 5)], { n: "libn.so" });
  expect(run([lib], text).output).toBe("<N2+\n+\n+\n");
});

test.each([
  { name: "runs a program", args: ["/tmp/main", "x"], output: "", exited: 2 },
  {
    name: "lists what a program needs",
    args: ["--list", "/tmp/main"],
    output: /^\tlinux-gate.so.1 \(0x\w{8}\)\n\tlibf.so => \/home\/libf.so \(0x\w{8}\)\n/,
    exited: 0,
  },
  {
    name: "says when the program is missing",
    args: [],
    output:
      "/lib/ld-linux.so.2: missing program name\nTry '/lib/ld-linux.so.2 --help' for more information.\n",
    exited: 1,
  },
  {
    name: "knows no other options",
    args: ["--nosuch", "/tmp/main"],
    output:
      "/lib/ld-linux.so.2: unrecognized option '--nosuch'\nTry '/lib/ld-linux.so.2 --help' for more information.\n",
    exited: 1,
  },
  {
    name: "says when there is no such program",
    args: ["./nosuch"],
    output:
      "./nosuch: error while loading shared libraries: ./nosuch: cannot open shared object file: No such file or directory\n",
    exited: 127,
  },
])("the linker started as a program $name", ({ args, output, exited }) => {
  const machine = boot({ seed: 1, cpus: 1 });
  const lib = i386.library(".globl f\nf: ret", { name: "libf.so" });
  machine.install("/home/libf.so", lib);
  const text = `.globl _start
    _start: call f; mov (%esp), %ebx; mov $1, %eax; int $0x80`;
  machine.install("/tmp/main", i386.assemble(text, { name: "main", needed: [lib] }));
  const argv = ["/lib/ld-linux.so.2", ...args];
  const settings = args.includes("/tmp/main") ? ["--library-path", "/home"] : [];
  const process = machine.spawn("/lib/ld-linux.so.2", {
    argv: [argv[0]!, ...settings, ...argv.slice(1)],
  });
  machine.runUntilIdle();
  if (typeof output === "string") expect(process.output).toBe(output);
  else expect(process.output).toMatch(output);
  expect(process.exited).toBe(exited);
});

test("$ORIGIN in a RUNPATH is the directory of the file that says so", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const lib = i386.library(".globl f\nf: mov $7, %ebx\n ret", { name: "libf.so" });
  machine.install("/home/libf.so", lib);
  const text = ".globl _start\n_start: call f; mov $1, %eax; int $0x80";
  const main = i386.assemble(text, { name: "main", needed: [lib], runpath: ["$ORIGIN"] });
  machine.install("/home/main", main);
  const process = machine.spawn("/home/main");
  machine.runUntilIdle();
  expect(process.exited).toBe(7);
});

test("LD_DEBUG=libs says which functions are called, as glibc does", () => {
  const lib = talker("L");
  const text = `.globl _start
    _start: call *%edx; mov $1, %eax; xor %ebx, %ebx; int $0x80`;
  const { output } = run([lib], text, { needed: [lib], env: { LD_DEBUG: "libs" } });
  const lines = output
    .replaceAll(/^ *\d+:\t/gm, "")
    .split("\n")
    .filter((line) => /calling/.test(line));
  expect(lines).toEqual(["calling init: /lib/libl.so", "calling fini: /lib/libl.so [0]"]);
});

/** Libraries of the same name: with f of version V1; with f of V1 for old programs, of V2 for new ones; without versions. */
const first = i386.library(".globl f\nf: mov $1, %eax\n ret", {
  ...{ name: "libv.so", versions: { V1: ["f"] } },
});
const second = i386.library(
  `.globl old_f, new_f, g
  .symver old_f, f@V1
  .symver new_f, f@@V2
  old_f: mov $1, %eax
    ret
  new_f: mov $2, %eax
    ret
  g: mov $3, %eax
    ret`,
  { name: "libv.so", versions: { V1: [], V2: ["g"] } },
);
const without = i386.library(".globl f, g\nf: mov $9, %eax\n ret\ng: ret", { name: "libv.so" });

const answers = (name: string) =>
  `.globl _start\n_start: call ${name}; mov %eax, %ebx; mov $1, %eax; int $0x80`;

test.each([
  {
    name: "an old program gets the old function of a new library",
    linked: first,
    there: second,
    exited: 1,
    output: "",
  },
  { name: "a new one the new function", linked: second, there: second, exited: 2, output: "" },
  {
    name: "a program without versions gets the first one",
    linked: without,
    there: second,
    exited: 1,
    output: "",
  },
  {
    ...{ name: "a library without versions is taken with a word", linked: first, there: without },
    ...{
      exited: 9,
      output: "main: /lib/libv.so: no version information available (required by main)\n",
    },
  },
  {
    ...{ name: "an old library is not enough for a new program", linked: second, there: first },
    ...{ exited: 1, output: "main: /lib/libv.so: version `V2' not found (required by main)\n" },
  },
])("$name", ({ linked, there, exited, output }) => {
  const machine = boot({ seed: 1, cpus: 1 });
  machine.install("/lib/libv.so", there);
  const main = i386.assemble(answers("f"), { name: "main", needed: [linked] });
  const process = machine.spawn(main, { argv: ["main"] });
  machine.runUntilIdle();
  expect(process.output).toBe(output);
  expect(process.exited).toBe(exited);
});

test("a program can ask for an old version by name, and dlvsym too; dlsym finds the default", () => {
  const text = `
    .globl _start
    .symver f_old, f@V1
    _start: call f_old; mov %eax, %edi
      push $2; push $lib; call dlopen; add $8, %esp; mov %eax, %esi
      push $v1; push $f; push %esi; call dlvsym; add $12, %esp
      call *%eax; lea (%edi,%eax,4), %edi
      push $f; push %esi; call dlsym; add $8, %esp
      call *%eax; shl $4, %eax; add %eax, %edi
      push $v9; push $f; push %esi; call dlvsym; add $12, %esp
      call dlerror; mov %eax, %ecx; mov $4, %eax; mov $1, %ebx; mov $46, %edx; int $0x80
      mov $1, %eax; mov %edi, %ebx; int $0x80
    .data
    lib: .asciz "libv.so"
    f: .asciz "f"
    v1: .asciz "V1"
    v9: .asciz "V9"`;
  const { exited, output } = run([second], text, { needed: [second, "ld-linux.so.2"] });
  expect(exited).toBe(1 + 4 * 1 + 16 * 2);
  expect(output).toBe("/lib/libv.so: undefined symbol: f, version V9\0");
});
