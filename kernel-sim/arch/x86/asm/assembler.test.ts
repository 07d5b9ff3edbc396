import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type AsmObject, assemble } from "./assembler.ts";
import { disassemble } from "./disassemble.ts";
import { type ElfImage, parseElf, writeElf } from "./elf.ts";
import { link } from "./link.ts";

const FIXTURES = join(import.meta.dirname, "../../../../tests/fixtures/i386");

function assembled(source: string, syntax: "att" | "intel" = "att"): AsmObject {
  const result = assemble(source, { syntax });
  if (result.kind === "errors") throw new Error(JSON.stringify(result.errors));
  return result.object;
}

function linked(source: string, syntax: "att" | "intel" = "att"): ElfImage {
  const result = link([assembled(source, syntax)]);
  if (result.kind === "errors") throw new Error(JSON.stringify(result.errors));
  return result.image;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Lines of syntax, source, bytes from GNU as, and the texts of objdump in both syntaxes. */
const recorded = gunzipSync(readFileSync(join(FIXTURES, "assembly.txt.gz")))
  .toString("utf8")
  .trim()
  .split("\n")
  .map((line) => line.split("|") as [string, string, string, string, string]);

test("each instruction has the bytes that GNU as gives it, in both syntaxes", () => {
  expect(recorded.length).toBeGreaterThan(2000);
  const wrong = recorded.flatMap(([syntax, source, bytes]) => {
    const image = linked(source, syntax as "att" | "intel");
    const got = hex(image.segments[0]!.bytes);
    return got === bytes ? [] : [`${source}: ${got}, not ${bytes}`];
  });
  expect(wrong).toEqual([]);
});

test.each(["att", "intel"] as const)("bytes are read back as objdump prints them: %s", (syntax) => {
  const wrong = recorded.flatMap(([, , bytes, att, intel]) => {
    const padded = Buffer.concat([Buffer.from(bytes, "hex"), Buffer.alloc(8)]);
    const { text, length } = disassemble(padded, 0, 0, { syntax });
    const want = syntax === "att" ? att : intel;
    return text === want && length === bytes.length / 2 ? [] : [`${bytes}: ${text}, not ${want}`];
  });
  expect(wrong).toEqual([]);
});

test.each([
  { name: "labels, data and relaxed jumps", file: "program", sections: 3 },
  { name: "macros, repetitions and conditions", file: "macros", sections: 2 },
])("a program with $name is what as and ld make of it", ({ file, sections }) => {
  const lines = readFileSync(join(FIXTURES, `${file}.hex`), "utf8")
    .trim()
    .split("\n");
  const image = linked(readFileSync(join(FIXTURES, `${file}.s`), "utf8"));
  const contents = image.sections.map(({ name, vaddr, size, isNobits }) => {
    const segment = image.segments.find(
      ({ vaddr: start, memSize }) => vaddr >= start && vaddr < start + memSize,
    )!;
    const start = vaddr - segment.vaddr;
    return isNobits ? "" : `${name} ${hex(segment.bytes.slice(start, start + size))}`;
  });
  expect(contents.filter((line) => line !== "")).toEqual(lines.slice(0, sections));
  const places = new Map(image.symbols.map(({ name, value }) => [name, value]));
  for (const line of lines.slice(sections)) {
    const [address, , name] = line.split(" ");
    if (!places.has(name!)) continue;
    expect([name, places.get(name!)]).toEqual([name, Number.parseInt(address!, 16)]);
  }
});

test("an executable that was written is read back as it was", () => {
  const image = linked(".globl _start\n_start: nop\n.data\nx: .long 1\n.bss\ny: .skip 5000\n");
  const parsed = parseElf(writeElf(image));
  if (parsed.kind !== "elf") throw new Error(parsed.because);
  expect(parsed.image.entry).toBe(0x08049000);
  expect(parsed.image.segments).toEqual(image.segments);
  expect(parsed.image.sections).toEqual(image.sections);
  expect(new Set(parsed.image.symbols)).toEqual(new Set(image.symbols));
});

test.each([
  { name: "an empty file", change: (file: Uint8Array) => file.slice(0, 0) },
  { name: "one of 64 bits", change: (file: Uint8Array) => file.with(4, 2) },
  { name: "one for another machine", change: (file: Uint8Array) => file.with(18, 62) },
  { name: "one cut off", change: (file: Uint8Array) => file.slice(0, 80) },
])("parseElf refuses $name", ({ change }) => {
  const file = writeElf(linked("_start: nop"));
  expect(parseElf(file).kind).toBe("elf");
  expect(parseElf(change(file)).kind).toBe("refused");
});

test("objects see each other's global symbols, and no others", () => {
  const main = assembled(".globl _start\n_start: call f\nlocal: ret");
  const other = assembled(".globl f\nf: mov $3, %eax\nlocal: ret");
  const result = link([main, other]);
  if (result.kind === "errors") throw new Error(JSON.stringify(result.errors));
  expect(hex(result.image.segments[0]!.bytes)).toBe("e803000000c39090b803000000c3");
  const without = link([main, assembled("f: ret")]);
  expect(without).toMatchObject({
    kind: "errors",
    errors: [{ message: "the symbol f is not defined" }],
  });
});

test("for each instruction the link tells the line it came from", () => {
  const result = link([assembled("nop\n\n jmp 1f\n1: ret")]);
  if (result.kind === "errors") throw new Error("not linked");
  expect(result.lines).toEqual([
    { address: 0x08049000, line: 1, object: 0 },
    { address: 0x08049001, line: 3, object: 0 },
    { address: 0x08049003, line: 4, object: 0 },
  ]);
});

describe("an error says where it is and what to do", () => {
  test.each([
    { source: " movl %eax, %ebc", line: 1, column: 13, message: "%ebc is not a register" },
    {
      ...{ source: "nop\n mvo %eax, %ebx", line: 2, column: 2 },
      message: "mvo is not an instruction of this processor: did you mean mov?",
    },
    {
      ...{ source: "mov $1, (%eax)", line: 1, column: 1 },
      message:
        "the size of the operand is not known: write byte ptr, word ptr or dword ptr, or a suffix (movb, movw, movl)",
    },
    {
      ...{ source: "add %al, %ebx", line: 1, column: 1 },
      message: "add cannot have these operands: a register (r32), a register (r8)",
    },
    { source: "push", line: 1, column: 1, message: "push takes 1 operand, not 0" },
    {
      source: "jmp 1b",
      line: 1,
      column: 7,
      message: "there is no label 1: above; did you mean 1f?",
    },
    {
      source: "a: nop\na: nop",
      line: 2,
      column: 1,
      message: "the label a is there twice: rename one of the two",
    },
    { source: '.asciz "abc', line: 1, column: 12, message: 'this string has no end: add "' },
    {
      ...{ source: "mov eax, 5", line: 1, column: 5 },
      message: "for the register write %eax, or switch to .intel_syntax noprefix",
    },
    {
      ...{ source: ".intel_syntax noprefix\nmov eax, $5", line: 2, column: 10 },
      message: "in Intel syntax a number has no $ before it",
    },
    {
      source: ".macro m a\nmov \\a, %eax\n.endm\nm $1, 2",
      line: 4,
      column: 1,
      message: "m takes 1 arguments, not 2",
    },
    {
      source: ".macro m\nm\n.endm\nm",
      line: 4,
      column: 1,
      message: "this macro uses itself without end",
    },
    { source: ".if 1\nnop", line: 1, column: 1, message: "a block has no end: add .endif" },
    { source: ".foo 1", line: 1, column: 1, message: "the directive .foo is not known" },
    {
      source: "mov (%eax,%esp), %eax",
      line: 1,
      column: 5,
      message: "%esp cannot be an index: make it the base",
    },
  ])("$source", ({ source, line, column, message }) => {
    const result = assemble(source);
    expect(result).toEqual({ kind: "errors", errors: [{ line, column, message }] });
  });

  test.each([
    { source: "mov nowhere, %eax", message: "the symbol nowhere is not defined" },
    { source: ".byte 256", message: "256 does not fit into a byte" },
    {
      source: "loop 1f\n.skip 200\n1:",
      message: "the target is 200 bytes away, and this jump reaches 127: jump over a jmp instead",
    },
  ])("at the link: $source", ({ source, message }) => {
    const result = link([assembled(source)]);
    expect(result).toMatchObject({ kind: "errors", errors: [{ line: 1, message }] });
  });
});

test("whatever a text holds, it is assembled or refused with errors", () => {
  const pieces = [
    "mov",
    "$",
    "%eax",
    ",",
    "(",
    ")",
    "1f",
    "'",
    '"',
    "\\",
    ".long",
    ":",
    "-",
    "[",
    "x",
    "\n",
    " ",
  ];
  let state = 1;
  for (let round = 0; round < 3000; round++) {
    let source = "";
    for (let i = 0; i < 8; i++) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      source += pieces[(state >> 8) % pieces.length]!;
    }
    for (const syntax of ["att", "intel"] as const) {
      const result = assemble(source, { syntax });
      if (result.kind === "assembled") link([result.object]);
    }
  }
});
