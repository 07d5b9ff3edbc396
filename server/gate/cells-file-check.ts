/**
 * Whether all cells of a lecture make one file. Parsed in a thread with limits, since a text can keep
 * the parser busy for hours, and the site answers readers meanwhile.
 */
import type { PlacedLecture } from "../course/course-check.ts";
import { LimitedThread, TooMuch } from "../course/limited-thread.ts";

export type LectureCells = Pick<PlacedLecture, "document" | "parts">;

export interface CellsFileProblem {
  /** The cell that it is in, where that is known. */
  readonly cellId: string | undefined;
  readonly message: string;
}

const thread = new LimitedThread<LectureCells, CellsFileProblem | undefined>(
  "server/gate/cells-file-thread.ts",
  { msMax: 60_000, idleMs: 2_000 },
);

/** A reader may declare a name again in another cell; in one file that is an error. */
export async function cellsFileProblem({
  document,
  parts,
}: LectureCells): Promise<CellsFileProblem | undefined> {
  try {
    return await thread.ask({ document, parts });
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    return { cellId: undefined, message: `Reading them takes more than ${error.limit}.` };
  }
}
