import { type BpfProg, boot, bpf, type Program, recordings } from "#kernel-sim";
import type { PipelineRun } from "#notebook/document";
import { instructionsOf } from "./instructions.ts";

const TRACEPOINT = "sched:sched_switch";

/** The program of the lecture's first cell. */
const COUNT = `
  r1 = map_value[hits]+0             ; the address of our counter
  r0 = 1
  lock *(u64 *)(r1 +0) += r0         ; one more
  exit                               ; and 1 is the answer, too`;

/** Takes the first cell's program through the kernel, and keeps what each stage makes of it. */
export function pipelineRun(): PipelineRun {
  const machine = boot({ seed: 1 });
  const hits = machine.bpf.createMap({
    type: "array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    name: "hits",
  });
  const program = bpf.asm(COUNT);
  const attr = { type: "tracepoint", program, maps: { hits } };
  const report = machine.bpf.verify(attr);
  const prog = machine.bpf.mustLoad(attr);
  const link = prog.attach(TRACEPOINT);
  const eventsReplayed = machine.replay(recordings.second);
  const known = new Map(report.steps.map((step) => [step.insnIndex, knownAfter(step.after)]));
  const run = {
    insns: stages(program, prog, known),
    programType: prog.type,
    slots: program.insns.length,
    insnsProcessed: report.insnsProcessed,
    tracepoint: TRACEPOINT,
    eventsReplayed,
    runs: link.runs,
    counter: String(hits.lookupUint(0) ?? 0n),
  };
  machine.close();
  return run;
}

function stages(program: Program, prog: BpfProg, known: ReadonlyMap<number, string>) {
  const bytes = program.bytes();
  const comments = COUNT.trim().split("\n");
  const xlated = prog.xlated().trim().split("\n");
  return instructionsOf(program).map(({ slot, slots, text }, place) => ({
    slot,
    source: text,
    comment: comments[place]?.split("; ")[1] ?? "",
    bytes: Array.from({ length: slots }, (_, at) =>
      hex(bytes.subarray((slot + at) * 8).subarray(0, 8)),
    ),
    known: known.get(slot) ?? "",
    xlated: xlated[place] ?? "",
  }));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** As the log prints it behind an instruction. */
export function knownAfter(after: Readonly<Record<string, { readonly text: string }>>): string {
  return Object.entries(after)
    .map(([register, value]) => `${register}=${value.text}`)
    .join(" ");
}
