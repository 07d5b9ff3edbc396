import { expect, test } from "vitest";
import type { Machine } from "../api.ts";
import type { MachineProgram, Process, SpawnOptions } from "../api-kernel.ts";
import { boot, i386 } from "../index.ts";

/** A library with functions that answer a number each, and may be weak. */
function library(
  name: string,
  functions: Readonly<Record<string, number>>,
  needed: readonly MachineProgram[] = [],
  binding = ".globl",
): MachineProgram {
  const text = Object.entries(functions).map(
    ([label, value]) => `${binding} ${label}\n${label}: movl $${value}, %eax\n ret\n`,
  );
  return i386.library(text.join(""), { name, needed });
}

/** A program that ends with what `name` answers. */
function caller(name: string, needed: readonly (MachineProgram | string)[]): MachineProgram {
  const text = `.globl _start\n_start: call ${name}\n movl %eax, %ebx\n movl $1, %eax\n int $0x80\n`;
  return i386.assemble(text, { name: "main", needed });
}

function start(
  libraries: readonly MachineProgram[],
  main: MachineProgram,
  options: SpawnOptions = {},
): { readonly machine: Machine; readonly process: Process } {
  const machine = boot({ seed: 1 });
  for (const lib of libraries) machine.install(`/lib/${lib.name}`, lib);
  const process = machine.spawn(main, { argv: ["main"], ...options });
  machine.runUntilIdle();
  return { machine, process };
}

const deep = library("libdeep.so", { f: 1 });
const left = library("libleft.so", { unused: 0 }, [deep]);
const right = library("libright.so", { f: 2 });

test("the first definition in the breadth-first order wins", () => {
  const { process } = start([deep, left, right], caller("f", [left, right]));
  expect(process.exited).toBe(2);
  expect(process.libraries.map(({ name }) => name)).toEqual([
    "main",
    "/lib/libleft.so",
    "/lib/libright.so",
    "/lib/libdeep.so",
  ]);
  expect(process.bindings).toMatchObject([
    {
      ...{ symbol: "f", from: "main", to: "/lib/libright.so", when: "call" },
      tried: ["main", "/lib/libleft.so", "/lib/libright.so"],
    },
  ]);
});

test.each([
  { name: "a weak definition that comes first wins", env: {}, answer: 3 },
  { name: "with LD_DYNAMIC_WEAK it does not", env: { LD_DYNAMIC_WEAK: "1" }, answer: 2 },
  { name: "LD_PRELOAD comes before all", env: { LD_PRELOAD: "libdeep.so" }, answer: 1 },
])("$name", ({ env, answer }) => {
  const weak = library("libweak.so", { f: 3 }, [], ".weak");
  const { process } = start([weak, right, deep], caller("f", [weak, right]), { env });
  expect(process.exited).toBe(answer);
});

test.each([
  { env: {}, when: "call" },
  { env: { LD_BIND_NOW: "1" }, when: "startup" },
])("functions are bound at $when", ({ env, when }) => {
  const { process } = start([right], caller("f", [right]), { env });
  expect(process.bindings).toMatchObject([{ symbol: "f", when }]);
});

test("a missing library ends the program with 127 and ld.so's words", () => {
  const { process } = start([], caller("f", [right]));
  expect(process.exited).toBe(127);
  expect(process.output).toBe(
    "main: error while loading shared libraries: libright.so: cannot open shared object file: No such file or directory\n",
  );
});

test("a missing function ends it at its first call, with LD_BIND_NOW before it begins", () => {
  const main = caller("f", ["libleft.so"]);
  const { process } = start([deep, library("libleft.so", { g: 1 })], main);
  expect(process.exited).toBe(127);
  expect(process.output).toBe("main: symbol lookup error: main: undefined symbol: f\n");
});

test("a program's data that a library defines is copied into the program, and the library uses the copy", () => {
  const lib = i386.library(
    `.globl count, bump
bump: call 1f
1: pop %ecx
 addl $_GLOBAL_OFFSET_TABLE_+[.-1b], %ecx
 movl count@GOT(%ecx), %eax
 incl (%eax)
 ret
.data
count: .long 40
`,
    { name: "libcount.so" },
  );
  const user = i386.assemble(
    `.globl _start
_start: call bump
 incl count
 movl count, %ebx
 movl $1, %eax
 int $0x80
`,
    { name: "main", needed: [lib] },
  );
  const { process } = start([lib], user);
  expect(process.exited).toBe(42);
  expect(process.bindings.map(({ symbol, from, to }) => [symbol, from, to])).toEqual([
    ["count", "/lib/libcount.so", "main"],
    ["count", "main", "/lib/libcount.so"],
    ["bump", "main", "/lib/libcount.so"],
  ]);
});

/** KiB of a kind in the mapping of a file's code. */
function codePages(machine: Machine, pid: number, file: string, kind: string): number {
  const entries = machine.readFile(`/proc/${pid}/smaps`)!.split(/^(?=[0-9a-f]+-)/m);
  const code = entries.find((entry) => entry.includes("r-xp") && entry.includes(file))!;
  return Number(new RegExp(`^${kind}: +(\\d+)`, "m").exec(code)?.[1]);
}

test("two processes share a library's code, unless addresses had to be written into it", () => {
  const pic = i386.library(".globl f\nf: movl $1, %eax\n ret\n", { name: "libpic.so" });
  const fixed = i386.library(".globl g\ng: movl number, %eax\n ret\n.data\nnumber: .long 1\n", {
    name: "libfixed.so",
  });
  const main = i386.assemble(
    ".globl _start\n_start: call f\n call g\n movl $29, %eax\n int $0x80\n",
    { name: "main", needed: [pic, fixed] },
  );
  const files = { "libpic.so": pic.bytes(), "libfixed.so": fixed.bytes() };
  const machine = boot({ seed: 1, disk: { mount: "/usr/lib", files } });
  machine.install("/bin/main", main);
  const [one] = [machine.spawn("/bin/main"), machine.spawn("/bin/main")];
  machine.runUntilIdle();
  const shown = (file: string) => [
    codePages(machine, one!.pid, file, "Shared_Clean"),
    codePages(machine, one!.pid, file, "Private_Dirty"),
  ];
  expect(shown("libpic.so")).toEqual([4, 0]);
  expect(shown("libfixed.so")).toEqual([0, 4]);
});

test("ldd shows what would be loaded", () => {
  const machine = boot({ seed: 1 });
  machine.install("/lib/libright.so", right);
  machine.install("/bin/main", caller("f", [right, "libnone.so"]));
  const shell = machine.spawn("/bin/sh", { argv: ["sh", "-c", "ldd /bin/main; ldd /bin/sh"] });
  machine.runUntilIdle();
  expect(shell.output.replace(/0x[0-9a-f]+/g, "0x0")).toBe(
    "\tlibnone.so => not found\n\tlinux-gate.so.1 (0x0)\n\tlibright.so => /lib/libright.so (0x0)\n\t/lib/ld-linux.so.2 (0x0)\n\tnot a dynamic executable\n",
  );
});

test("a program says at once when no library has what it needs", () => {
  expect(() => caller("nothing", [right])).toThrow(/nothing is not defined/);
});
