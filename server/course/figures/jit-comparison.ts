import { boot, bpf, type JitLine, type Machine, type MapAttr } from "#kernel-sim";
import type { JitComparison, JitProgram, JitRow, NativeInsn } from "#notebook/document";
import { instructionsOf } from "./instructions.ts";
import { COMPARED_PROGRAMS, type ComparedProgram } from "./jit-programs.ts";
import { JIT_RECORDINGS, RECORDED_ON, type RecordedInsn } from "./jit-recordings.ts";

/** What our compiler writes last before the code of the first instruction. */
const LAST_OF_ENTRY = "local.set $mayGoto";

const HITS: MapAttr = { type: "array", keySize: 4, valueSize: 8, maxEntries: 1, name: "hits" };

/** Compiles each program here, and puts beside it what a real Linux has made of the same bytes. */
export function jitComparison(): JitComparison {
  const machine = boot({ seed: 1 });
  const programs = COMPARED_PROGRAMS.map((compared) => comparison(machine, compared));
  machine.close();
  return { recordedOn: RECORDED_ON, programs };
}

function comparison(machine: Machine, compared: ComparedProgram): JitProgram {
  const { id, title, hint, type, text, says } = compared;
  const program = bpf.asm(text);
  const maps = program.mapNames.length > 0 ? { hits: machine.bpf.createMap(HITS) } : {};
  const lines = machine.bpf.mustLoad({ type, program, maps }).jit();
  const { entry, rows } = JIT_RECORDINGS[id];
  const [ownEntry, ownFirst] = withoutEntry(lines[0]);
  const entryRow: JitRow = {
    bpf: "on entry",
    native: entry.map(nativeInsn),
    wasm: ownEntry,
    says: says["entry"] ?? "",
  };
  const insnRows = instructionsOf(program).map(
    ({ slot, text: insn }, place): JitRow => ({
      slot,
      bpf: insn,
      native: (rows[slot] ?? []).map(nativeInsn),
      wasm: place === 0 ? ownFirst : (lines.find((line) => line.slot === slot)?.wasm ?? []),
      says: says[slot] ?? "",
    }),
  );
  const all = [entry, ...Object.values(rows)].flat();
  const bytes = {
    bpf: program.bytes().length,
    native: all.reduce((sum, [hex]) => sum + hex.replaceAll(" ", "").length / 2, 0),
  };
  return { id, title, hint, bytes, rows: [entryRow, ...insnRows] };
}

/** The listing counts a function's entry to its first instruction; here it has a row of its own. */
function withoutEntry(first: JitLine | undefined): readonly [readonly string[], readonly string[]] {
  const wasm = first?.wasm ?? [];
  const from = wasm.indexOf(LAST_OF_ENTRY) + 1;
  const end = wasm[from] === "block" ? from + 1 : from;
  return [wasm.slice(0, end), wasm.slice(end)];
}

function nativeInsn([bytes, text]: RecordedInsn): NativeInsn {
  return { bytes, text };
}
