/** How near its limits a solution comes: a student's machine is slower, and their way longer. */
import type { ExerciseManifest } from "#notebook/document";
import type { RunListener, RunUsage } from "../grading/grade.ts";

/** Of a limit, what the solution may use. */
const SHARE_OF_LIMIT_MAX = 0.5;

/** What the runs of one solution have used, each as if it had a student's number of seeds. */
export class UsedByRuns {
  readonly #manifest: ExerciseManifest;
  #cpuSeconds = 0;
  /** The least: what sleeps does so in each run, while a busy machine lengthens one or the other. */
  #wallSeconds = Infinity;
  #rssMiB = 0;

  constructor(manifest: ExerciseManifest) {
    this.#manifest = manifest;
  }

  /** Of a run with so many seeds besides those of the exercise; a student's has one. */
  listener(seeds: readonly number[]): RunListener {
    const own = this.#manifest.seeds.length;
    const share = (own + 1) / (own + seeds.length);
    return {
      onUsage: ({ cpuSeconds, wallSeconds, rssMiB }: RunUsage) => {
        this.#cpuSeconds = Math.max(this.#cpuSeconds, cpuSeconds * share);
        this.#wallSeconds = Math.min(this.#wallSeconds, wallSeconds * share);
        this.#rssMiB = Math.max(this.#rssMiB, rssMiB);
      },
    };
  }

  /** What is more than half of a limit, as problems of the file. */
  problems(name: string): string[] {
    const { cpuSeconds, wallSeconds, memoryMiB } = this.#manifest.limits;
    const problems: string[] = [];
    const tell = (used: string, limit: string, field: string) =>
      problems.push(
        `${name}:1: takes ${used} of ${limit}: raise ${field} to twice that, or let the tests ask for less`,
      );
    if (this.#cpuSeconds > cpuSeconds * SHARE_OF_LIMIT_MAX) {
      tell(`${this.#cpuSeconds.toFixed(1)} s`, `${cpuSeconds} s CPU time`, "cpuSeconds");
    }
    if (
      Number.isFinite(this.#wallSeconds) &&
      this.#wallSeconds > wallSeconds * SHARE_OF_LIMIT_MAX
    ) {
      tell(`${this.#wallSeconds.toFixed(1)} s`, `${wallSeconds} s`, "wallSeconds");
    }
    if (this.#rssMiB > memoryMiB * SHARE_OF_LIMIT_MAX) {
      tell(`${Math.round(this.#rssMiB)} MiB`, `${memoryMiB} MiB`, "memoryMiB");
    }
    return problems;
  }
}
