import {
  boot,
  bpf,
  type Machine,
  type MapAttr,
  type PrecisionMark,
  type Program,
  type VerifierReport,
  type VerifierStep,
} from "#kernel-sim";
import type { TraceStep, VerifierTrace } from "#notebook/document";
import { instructionsOf } from "./instructions.ts";
import { pathPlaces, pathsOf } from "./paths.ts";
import { knownAfter } from "./pipeline-run.ts";
import { reachOf } from "./reach.ts";
import { registerFacts } from "./register-facts.ts";

interface Chosen {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly type: string;
  readonly text: string;
}

const TABLE: MapAttr = { type: "array", keySize: 4, valueSize: 16, maxEntries: 1, name: "table" };

const indexed = (limit: number) => `
    r6 = *(u32 *)(r1 +0)
    if r6 > ${limit} goto out
    r1 = map_value[table]+0
    r1 += r6
    r0 = *(u8 *)(r1 +0)
    exit
  out:
    r0 = 0
    exit`;

const CHOSEN: readonly Chosen[] = [
  {
    id: "i-le-15",
    title: "i <= 15",
    hint: "The comparison teaches R6 a range; the range makes the access legal.",
    type: "socket_filter",
    text: indexed(15),
  },
  {
    id: "i-le-16",
    title: "i <= 16",
    hint: "One number more, and the last byte that may be read lies behind the value.",
    type: "socket_filter",
    text: indexed(16),
  },
  {
    id: "pruned",
    title: "Two ways, one answer",
    hint: "R6 differs from way to way, but nobody reads it any more: where one way has been, the others need not be walked.",
    type: "xdp",
    text: `
      r6 = 0
      call bpf_get_prandom_u32
      if r0 > 7 goto skip0
      r6 |= 1
    skip0:
      call bpf_get_prandom_u32
      if r0 > 7 goto skip1
      r6 |= 2
    skip1:
      r0 = 2
      exit`,
  },
  {
    id: "loop",
    title: "Four turns",
    hint: "The counter is a constant that grows. The verifier walks the loop to its end.",
    type: "xdp",
    text: `
      r1 = 0
    again:
      r1 += 1
      if r1 < 4 goto again
      r0 = 2
      exit`,
  },
];

/** The four programs of the stepper, each with every step that the verifier took. */
export function verifierTraces(): VerifierTrace[] {
  const machine = boot({ seed: 1 });
  const traces = CHOSEN.map((chosen) => trace(machine, chosen));
  machine.close();
  return traces;
}

function trace(machine: Machine, { id, title, hint, type, text }: Chosen): VerifierTrace {
  const program = bpf.asm(text);
  const maps = program.mapNames.length > 0 ? { table: machine.bpf.createMap(TABLE) } : {};
  const report = machine.bpf.verify({ type, program, maps, logLevel: 2 });
  return { id, title, hint, ...traceOf(report, program) };
}

/** A report of the verifier as the figure draws it. */
export function traceOf(
  report: VerifierReport,
  program: Program,
): Omit<VerifierTrace, "id" | "title" | "hint"> {
  const { steps } = report;
  const places = pathPlaces(steps);
  const paths = pathsOf(steps);
  const comesFrom = (step: VerifierStep) =>
    steps.findLast(({ index, path }) => index < step.index && path === step.path)?.index ??
    paths[places.get(step.path) ?? 0]?.branchedAt;
  return {
    isAccepted: report.ok,
    error: report.error,
    insnsProcessed: report.insnsProcessed,
    program: instructionsOf(program).map((insn) => ({ slot: insn.slot, text: insn.text })),
    registers: namesIn(steps.map((step) => step.before)).sort(byNumber),
    stackSlots: namesIn(steps.map((step) => step.stack))
      .sort(byNumber)
      .reverse(),
    steps: steps.map((step) => {
      const last = comesFrom(step);
      const reach = reachOf(step.before, program.insns[step.insnIndex]);
      return {
        slot: step.insnIndex,
        path: places.get(step.path) ?? 0,
        registers: mapValues(step.before, registerFacts),
        // What is on the stack before a step is what the step before it has left.
        stack: steps[last ?? -1]?.stack ?? {},
        after: knownAfter(step.after),
        ...(reach === undefined ? {} : { reach }),
        ...(last === undefined ? {} : { comesFrom: last }),
        ...(step.precision === undefined ? {} : { exact: exactly(step.precision) }),
        ...(step.end === undefined ? {} : { end: step.end }),
        ...(step.prunedBy === undefined ? {} : { prunedBy: step.prunedBy }),
      } satisfies TraceStep;
    }),
    paths,
  };
}

function exactly(marks: readonly PrecisionMark[]): string {
  const names = [...new Set(marks.flatMap((mark) => mark.names))].join(", ");
  return `${names}, back to instruction ${marks.at(-1)?.insnIndex}`;
}

function namesIn(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

/** `R2` before `R10`, `fp-16` before `fp-8`. */
function byNumber(a: string, b: string): number {
  return Number(a.replace(/^\D*?(?=-?\d)/, "")) - Number(b.replace(/^\D*?(?=-?\d)/, ""));
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, to: (value: V) => W) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
