/** All engines on the same programs, interleaved: the best of several rounds of each. */
import type { BenchProgram } from "./bench-program.ts";
import { openChromium } from "./chromium.ts";
import { compileUs, prepare, type TimedRuns } from "./engines.ts";
import { type LinuxEngine, openLinux } from "./linux.ts";

export interface ProgramFigures {
  readonly interp_ns_per_insn: number;
  readonly jit_ns_per_insn: number;
  /** null: Linux was not asked. */
  readonly kernel_ns_per_insn: number | null;
  readonly jit_compile_us: number;
  /** null: there was no Chromium. */
  readonly chromium_jit_ns_per_insn: number | null;
}

/** Short rounds and many: some of them nobody else's work falls into. */
const ROUNDS = 40;
const ROUND_MS = 2;
/** Clocks of a browser are coarse. */
const CHROMIUM = { rounds: 9, roundMs: 15 };

/** One program in one engine. */
interface Lane {
  readonly run: (repeat: number) => Promise<number>;
  /** In ns a run. */
  best: number;
}

export async function compareEngines(
  programs: readonly BenchProgram[],
  withChromium: boolean,
): Promise<Readonly<Record<string, ProgramFigures>>> {
  const linux = await openLinux(programs);
  try {
    const lanes = programs.map((program) => lanesFor(program, linux));
    for (let round = 0; round < ROUNDS; round++) {
      for (const { interp, jit, linux: kernel } of lanes) {
        await oneRound(interp);
        await oneRound(jit);
        if (kernel !== undefined) await oneRound(kernel);
      }
    }
    const chromium = withChromium ? await chromiumFigures(programs) : undefined;
    return Object.fromEntries(
      lanes.map(({ program, interp, jit, linux: kernel }) => {
        const { id, expect } = program;
        const perInsn = (ns = Number.NaN) => rounded(ns / expect.executedSteady, 4);
        const figures: ProgramFigures = {
          interp_ns_per_insn: perInsn(interp.best),
          jit_ns_per_insn: perInsn(jit.best),
          kernel_ns_per_insn: kernel === undefined ? null : perInsn(kernel.best),
          jit_compile_us: rounded(compileUs(program), 1),
          chromium_jit_ns_per_insn: chromium === undefined ? null : perInsn(chromium.get(id)),
        };
        return [id, figures];
      }),
    );
  } finally {
    linux?.close();
  }
}

function lanesFor(program: BenchProgram, linux: LinuxEngine | undefined) {
  const lane = (run: Lane["run"]): Lane => ({ run, best: Number.POSITIVE_INFINITY });
  const own = (run: TimedRuns) => lane((repeat) => Promise.resolve(run(repeat)));
  return {
    program,
    interp: own(prepare(program, "interp")),
    jit: own(prepare(program, "jit")),
    linux: linux && lane((repeat) => linux.run(program.id, repeat)),
  };
}

/** A round is as many runs as take some time; by the first ones it becomes known how many that are. */
async function oneRound(lane: Lane): Promise<void> {
  const wanted = ROUND_MS * 1e6;
  for (;;) {
    const repeat = Math.min(2 ** 30, Math.max(1, Math.round(wanted / lane.best)));
    const ns = await lane.run(repeat);
    lane.best = Math.min(lane.best, ns / repeat);
    if (repeat * lane.best > wanted / 2) return;
  }
}

/** In ns a run. */
async function chromiumFigures(
  programs: readonly BenchProgram[],
): Promise<ReadonlyMap<string, number>> {
  const engine = await openChromium();
  try {
    const figures = new Map<string, number>();
    for (const program of programs) {
      figures.set(program.id, await engine.bestNs(program, CHROMIUM));
    }
    return figures;
  } finally {
    await engine.close();
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Of ratios to Linux's own JIT: their geometric mean and the worst; undefined without Linux. */
export function toLinux(
  figures: Readonly<Record<string, ProgramFigures>>,
  key: "interp_ns_per_insn" | "jit_ns_per_insn" | "chromium_jit_ns_per_insn",
): { readonly geomean: number; readonly worst: number } | undefined {
  const ratios: number[] = [];
  for (const program of Object.values(figures)) {
    const { [key]: own, kernel_ns_per_insn: linux } = program;
    if (own === null || linux === null) return undefined;
    ratios.push(own / linux);
  }
  const product = ratios.reduce((all, ratio) => all * ratio, 1);
  return {
    geomean: rounded(product ** (1 / ratios.length), 3),
    worst: rounded(Math.max(...ratios), 3),
  };
}
