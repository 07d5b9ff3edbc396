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

/** One for each cell, up to one at which the time was over or the sandbox has ended. */
export async function runCells(
  document: LectureDocument,
  answersOf: (cellId: string) => readonly string[],
): Promise<CellRun[]> {
  const sandbox = new Sandbox(scriptOf("cells"), MEMORY_MIB);
  let clock: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    clock = setTimeout(() => resolve(undefined), LECTURE_MS_MAX);
  });
  const runs: CellRun[] = [];
  try {
    await sandbox.next();
    for (const { id, source } of document.cells) {
      const before = sandbox.usage().cpuSeconds;
      sandbox.send("C", JSON.stringify({ id, source, answers: answersOf(id) }));
      const frame = await Promise.race([sandbox.next().catch(() => undefined), over]);
      if (frame === undefined) break;
      const { outputs, ...left } = Left.parse(JSON.parse(frame.text));
      const cpuMs = (sandbox.usage().cpuSeconds - before) * 1000;
      runs.push({ ...left, outputs: outputs as unknown as Output[], cpuMs });
    }
    return runs;
  } finally {
    clearTimeout(clock);
    sandbox.kill();
  }
}
