/** Programs on the simulated processor, timed in a thread with the lockdown. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { assemble } from "../../../kernel-sim/arch/x86/asm/assembler.ts";
import { link } from "../../../kernel-sim/arch/x86/asm/link.ts";
import { Cpu } from "../../../kernel-sim/arch/x86/cpu.ts";
import { runUntilTrap } from "../../../kernel-sim/arch/x86/run.ts";
import { CR0_PG, CR0_WP } from "../../../kernel-sim/hw/mmu.ts";
import { PageTable } from "../../../kernel-sim/hw/page-table.ts";
import { PhysMemory } from "../../../kernel-sim/hw/phys-memory.ts";
import { openKernel } from "../../../notebook/runtime/kernel.ts";

openKernel({});

const source = readFileSync(join(import.meta.dirname, "../../fixtures/i386/bench.s"), "utf8");
const assembled = assemble(source);
if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
const linked = link([assembled.object]);
if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
const [text] = linked.image.segments;
if (text === undefined) throw new Error("the program has no code");
const entries = new Map(linked.image.symbols.map((symbol) => [symbol.name, symbol.value]));

const memory = new PhysMemory(256);
let next = 100;
const tables = new PageTable(memory, "two-level", 1, () => next++);
tables.mapPage(text.vaddr, 2, { user: true });
memory.frame(2).set(text.bytes);
for (let i = 0; i < 16; i++) {
  tables.mapPage(0x20000000 + i * 4096, 10 + i, { user: true, write: true });
}
const cpu = new Cpu({ memory });
cpu.mmu.cr0 |= CR0_PG | CR0_WP;
cpu.loadCr3(0x1000);
cpu.setFlatSegments(3);

const ROUND_MS = 100;
/** Until the host has compiled the interpreter for all of its cases. */
const WARM_UP_MS = 3000;
const PROGRAMS = ["sieve", "crc", "calls", "sort"];

/** Millions of instructions in a second of this thread's own time: others may use the processor, too. */
function round(name: string): number {
  const entry = entries.get(name) ?? 0;
  const start = process.threadCpuUsage();
  let executed = 0;
  let ms = 0;
  while (ms < ROUND_MS) {
    cpu.eip = entry;
    cpu.r[4] = 0x20010000;
    const trap = runUntilTrap(cpu, 1e9);
    if (trap.kind !== "int") throw new Error(`${name} ended with ${trap.kind}`);
    executed += trap.instructions;
    const { user, system } = process.threadCpuUsage(start);
    ms = (user + system) / 1000;
  }
  return executed / ms / 1000;
}

parentPort?.on("message", (name: string) => {
  parentPort?.postMessage(round(name));
});
const began = performance.now();
while (performance.now() - began < WARM_UP_MS) for (const program of PROGRAMS) round(program);
parentPort?.postMessage(PROGRAMS);
