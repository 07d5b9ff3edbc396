/** Runs all cells of a lecture as a reader would, from the top, in a sandbox without any permission. */
import { z } from "zod";
import type { LectureDocument, Output } from "#notebook/document";
import { scriptOf } from "../grading/sandbox/command.ts";
import { Sandbox } from "../grading/sandbox/process.ts";

export interface CellRun {
  readonly id: string;
  readonly isOk: boolean;
  readonly outputs: readonly Output[];
  readonly cpuMs: number;
  /** Of the expressions that stand beside a reader's guess; null for one that has no value. */
  readonly values: readonly (string | null)[];
}

/** Each cell should end in a second; so long waits who wants to know which one does not. */
const LECTURE_MS_MAX = 60_000;
/** What a page's Worker may take, too. */
const MEMORY_MIB = 1024;

const Left = z.object({
  id: z.string(),
  isOk: z.boolean(),
  outputs: z.array(z.looseObject({ kind: z.string() })),
  values: z.array(z.string().nullable()),
});

/** Of what all cells of a lecture leave behind: each page of it carries that. */
const OUTPUTS_CHARS_MAX = 2 * 1024 * 1024;

export interface CellRuns {
  /** One for each cell, up to one at which it ended early. */
  readonly runs: readonly CellRun[];
  /** Why it ended early: the time was over, the sandbox has ended, or what is left behind is too much. */
  readonly stopped?: "time" | "end" | "outputs";
}

/** What is said of the cell at which it ended early. */
export const STOPPED = {
  time: "does not end: let each cell end in a second",
  end: "takes more memory than a reader's page has: let it ask for less",
  outputs: "and those before leave more than a page can carry: let them print less",
} as const;

/** Runs the cells one after the other, within limits. */
export async function runCells(
  document: LectureDocument,
  answersOf: (cellId: string) => readonly string[],
  lectureMsMax = LECTURE_MS_MAX,
): Promise<CellRuns> {
  const sandbox = new Sandbox(scriptOf("cells"), MEMORY_MIB);
  let clock: NodeJS.Timeout | undefined;
  const over = new Promise<"time">((resolve) => {
    clock = setTimeout(() => resolve("time"), lectureMsMax);
  });
  const runs: CellRun[] = [];
  let chars = 0;
  try {
    await sandbox.next();
    for (const { id, source } of document.cells) {
      const before = sandbox.usage().cpuSeconds;
      sandbox.send("C", JSON.stringify({ id, source, answers: answersOf(id) }));
      const frame = await Promise.race([sandbox.next().catch(() => "end" as const), over]);
      if (typeof frame === "string") return { runs, stopped: frame };
      chars += frame.text.length;
      if (chars > OUTPUTS_CHARS_MAX) return { runs, stopped: "outputs" };
      const { outputs, ...left } = Left.parse(JSON.parse(frame.text));
      const cpuMs = (sandbox.usage().cpuSeconds - before) * 1000;
      runs.push({ ...left, outputs: outputs as unknown as Output[], cpuMs });
    }
    return { runs };
  } finally {
    clearTimeout(clock);
    sandbox.kill();
  }
}
