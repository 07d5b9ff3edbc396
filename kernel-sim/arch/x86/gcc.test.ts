/** One C program (SHA-256, sorting, 64-bit arithmetic, bit fields, tables of jumps) as GCC compiled it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { CR0_PG, CR0_WP } from "../../hw/mmu.ts";
import { PageTable } from "../../hw/page-table.ts";
import { PhysMemory } from "../../hw/phys-memory.ts";
import { assemble } from "./asm/assembler.ts";
import { parseElf, writeElf } from "./asm/elf.ts";
import { link } from "./asm/link.ts";
import { Cpu } from "./cpu.ts";
import { EAX, EBX, ECX, EDX, ESP } from "./registers.ts";
import { runUntilTrap } from "./run.ts";

const { output, programs } = JSON.parse(
  gunzipSync(
    readFileSync(join(import.meta.dirname, "../../../tests/fixtures/i386/gcc.json.gz")),
  ).toString("utf8"),
) as { output: string; programs: Record<string, string> };

const STACK = 0xbff00000;

/** Runs an executable with a kernel that knows write() and exit(), and answers what it printed. */
function printed(file: Uint8Array): string {
  const parsed = parseElf(file);
  if (parsed.kind !== "elf") throw new Error(parsed.because);
  const memory = new PhysMemory(1024);
  let next = 512;
  const tables = new PageTable(memory, "two-level", 1, () => next++);
  const pages = new Map<number, number>();
  const frameOf = (vaddr: number): number => {
    const vpn = vaddr >>> 12;
    const known = pages.get(vpn) ?? pages.size + 2;
    if (!pages.has(vpn)) tables.mapPage(vpn * 4096, known, { user: true, write: true });
    pages.set(vpn, known);
    return known;
  };
  for (const { bytes, vaddr, memSize } of parsed.image.segments) {
    for (let i = 0; i < memSize; i++) {
      memory.frame(frameOf(vaddr + i))[(vaddr + i) & 0xfff] = bytes[i] ?? 0;
    }
  }
  for (let i = 0; i < 64; i++) frameOf(STACK + i * 4096);
  const cpu = new Cpu({ memory });
  cpu.mmu.cr0 |= CR0_PG | CR0_WP;
  cpu.loadCr3(0x1000);
  cpu.setFlatSegments(3);
  cpu.eip = parsed.image.entry;
  cpu.r[ESP] = STACK + 63 * 4096;
  let text = "";
  for (;;) {
    const trap = runUntilTrap(cpu, 5_000_000);
    if (trap.kind !== "int") throw new Error(JSON.stringify(trap));
    if (cpu.r[EAX] === 1) return text;
    expect([cpu.r[EAX], cpu.r[EBX]]).toEqual([4, 1]);
    for (let i = 0; i < cpu.r[EDX]!; i++) {
      const vaddr = cpu.r[ECX]! + i;
      text += String.fromCharCode(memory.frame(frameOf(vaddr))[vaddr & 0xfff]!);
    }
  }
}

test.each(Object.keys(programs))("compiled with %s, it prints what it prints natively", (name) => {
  const syntax = name.startsWith("intel") ? "intel" : "att";
  const assembled = assemble(programs[name]!, { syntax });
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object]);
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  expect(printed(writeElf(linked.image))).toBe(output);
});
