import type { VerifyRecord } from "../../bpf-record.ts";
import { compareWithKernel, type Difference } from "../compare.ts";
import { NotAskable, type RunningKernel } from "../running-kernel.ts";
import { Dice } from "./dice.ts";
import { type FuzzProgram, programOf, recordOf } from "./fuzz-program.ts";
import { generated, randomLogLevel } from "./generate.ts";
import { mutated } from "./mutate.ts";
import { shrunk } from "./shrink.ts";

export interface Finding {
  readonly seed: number;
  readonly difference: Difference;
  /** The shrunk program, with the kernel's answers. */
  readonly record: VerifyRecord;
}

export interface FuzzCounts {
  programs: number;
  accepted: number;
  runs: number;
  differ: number;
  untried: number;
  notBuilt: number;
  insns: number;
}

/** A number that is no index of a map is a descriptor, and what lies there is not the program's; so it is with types of the kernel. */
const OUTSIDE = /fd -?\d+ is not pointing to valid bpf_map|kernel btf_id \d+ is not a/;

/** So many questions are with the kernel while the simulator works. */
const IN_FLIGHT = 12;
/** Of one kind of difference only so many are made small. */
const SHRUNK_OF_A_KIND = 2;

/** Random programs, each asked of the running kernel and of the simulator. */
export class FuzzSession {
  readonly counts: FuzzCounts = {
    programs: 0,
    accepted: 0,
    runs: 0,
    differ: 0,
    untried: 0,
    notBuilt: 0,
    insns: 0,
  };
  readonly seen = new Map<string, number>();
  readonly #kernel: RunningKernel;
  readonly #corpus: readonly FuzzProgram[];

  /** @param corpus whose programs are mutated, beside those that are made up */
  constructor(kernel: RunningKernel, corpus: readonly VerifyRecord[]) {
    this.#kernel = kernel;
    this.#corpus = corpus.map(programOf);
  }

  /** Tries programs from `seed` on until `isOver`. */
  async *run(seed: number, isOver: () => boolean): AsyncGenerator<Finding> {
    const waiting: { seed: number; program: FuzzProgram; answer: Promise<VerifyRecord> }[] = [];
    for (let next = seed; !isOver() || waiting.length > 0; ) {
      while (waiting.length < IN_FLIGHT && !isOver()) {
        const program = this.programOf(next);
        const answer = this.#ask(program);
        answer.catch(() => {});
        waiting.push({ seed: next++, program, answer });
      }
      const oldest = waiting.shift();
      if (oldest === undefined) break;
      const finding = await this.#examine(oldest.seed, oldest.program, oldest.answer);
      if (finding !== undefined) yield finding;
    }
  }

  /** The same seed makes the same program. */
  programOf(seed: number): FuzzProgram {
    const dice = new Dice(seed);
    if (this.#corpus.length === 0 || dice.percent(65)) return generated(dice);
    const base = dice.pick(this.#corpus);
    const other = dice.pick(this.#corpus);
    return {
      ...base,
      note: `changed: ${base.note}`,
      insns: mutated(base.insns, dice, other.insns),
      logLevel: randomLogLevel(dice),
      runs: hasMayGoto(base) ? [] : base.runs.slice(0, 2),
    };
  }

  #ask(program: FuzzProgram): Promise<VerifyRecord> {
    return this.#kernel.ask(recordOf(program)) as Promise<VerifyRecord>;
  }

  async #examine(
    seed: number,
    program: FuzzProgram,
    answer: Promise<VerifyRecord>,
  ): Promise<Finding | undefined> {
    const { counts } = this;
    counts.programs++;
    let record: VerifyRecord;
    try {
      record = await answer;
    } catch (problem) {
      if (!(problem instanceof NotAskable)) throw problem;
      counts.untried++;
      return undefined;
    }
    counts.insns += program.insns.length;
    if (record.load.ok) counts.accepted++;
    counts.runs += record.runs.length;
    const difference = compareWithKernel(record);
    if (difference === undefined) return undefined;
    const isElsewhere = OUTSIDE.test(difference.text) || namesKernelType(program);
    if (difference.kind === "not built" || isElsewhere) {
      counts.notBuilt++;
      return undefined;
    }
    counts.differ++;
    const times = this.seen.get(signatureOf(difference)) ?? 0;
    this.seen.set(signatureOf(difference), times + 1);
    if (times >= SHRUNK_OF_A_KIND) return undefined;
    return { seed, ...(await this.#shrink(program, difference, record)) };
  }

  async #shrink(program: FuzzProgram, difference: Difference, record: VerifyRecord) {
    let last = { difference, record };
    await shrunk(program, async (candidate) => {
      try {
        const asked = await this.#ask(candidate);
        const found = compareWithKernel(asked);
        if (found?.kind !== difference.kind) return false;
        last = { difference: found, record: asked };
        return true;
      } catch (problem) {
        if (problem instanceof NotAskable) return false;
        throw problem;
      }
    });
    return last;
  }
}

function hasMayGoto({ insns }: FuzzProgram): boolean {
  return insns.some(({ code }) => code === 0xe5);
}

/** By a number, which is another type's in each kernel; 0 is none in all. Kernel functions that the record names are found by their names. */
function namesKernelType({ insns, rest }: FuzzProgram): boolean {
  const named = rest?.kfuncs ?? {};
  return insns.some(
    ({ code, srcReg, imm }) =>
      (code === 0x18 && srcReg === 3 && imm !== 0) ||
      (code === 0x85 && srcReg === 2 && imm !== 0 && !(imm in named)),
  );
}

/** Differences that look alike have one. */
function signatureOf({ kind, text }: Difference): string {
  return `${kind}: ${text.replace(/0x[0-9a-f]+|-?\d+/g, "N").slice(0, 160)}`;
}
