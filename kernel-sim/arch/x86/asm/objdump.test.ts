import { expect, test } from "vitest";
import { assemble } from "./assembler.ts";
import { link } from "./link.ts";
import { listSection, objdump } from "./objdump.ts";

const SOURCE = `.globl _start
_start: mov $4, %eax
 mov $1, %ebx
 mov $msg, %ecx
 mov $3, %edx
 int $0x80
 call quit
local: movl $1, table(,%eax,4)
 jmp local
quit: mov $1, %eax
 int $0x80
.data
msg: .ascii "hi\\n"
table: .long 0
`;

/** What GNU objdump prints of the same source, assembled by as and linked by ld. */
const LISTING = `
h:     file format elf32-i386


Disassembly of section .text:

08049000 <_start>:
 8049000:\tb8 04 00 00 00       \tmov    $0x4,%eax
 8049005:\tbb 01 00 00 00       \tmov    $0x1,%ebx
 804900a:\tb9 00 a0 04 08       \tmov    $0x804a000,%ecx
 804900f:\tba 03 00 00 00       \tmov    $0x3,%edx
 8049014:\tcd 80                \tint    $0x80
 8049016:\te8 0d 00 00 00       \tcall   8049028 <quit>

0804901b <local>:
 804901b:\tc7 04 85 03 a0 04 08 \tmovl   $0x1,0x804a003(,%eax,4)
 8049022:\t01 00 00 00 
 8049026:\teb f3                \tjmp    804901b <local>

08049028 <quit>:
 8049028:\tb8 01 00 00 00       \tmov    $0x1,%eax
 804902d:\tcd 80                \tint    $0x80
`;

function image() {
  const assembled = assemble(SOURCE);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object]);
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  return linked.image;
}

test("a listing is objdump's, letter by letter", () => {
  expect(objdump(image(), "h")).toBe(LISTING);
});

test("as data, each instruction has its place, its bytes and where it leads", () => {
  const linked = image();
  const listed = listSection(linked, linked.sections[0]!, "intel");
  expect(listed[0]).toEqual({
    ...{ address: 0x08049000, bytes: Uint8Array.of(0xb8, 4, 0, 0, 0), text: "mov    eax,0x4" },
    ...{ label: "_start", target: undefined },
  });
  const call = listed.find(({ text }) => text.startsWith("call"));
  const quit = linked.symbols.find(({ name }) => name === "quit");
  expect(call?.target).toBe(quit?.value);
});
