/**
 * A test file looked at before it is bundled: the bundler follows `import(…)` and `require(…)` of
 * computed names over all of the disk, and ends with a file that is nested deeply enough. Parsed in a
 * thread with limits, since the parser is given whatever somebody has written.
 */
import { LimitedThread, TooMuch } from "./limited-thread.ts";

export interface SourceProblem {
  readonly line: number;
  readonly message: string;
}

const thread = new LimitedThread<string, SourceProblem | undefined>(
  "server/course/test-source-thread.ts",
  // The longest of the course takes some milliseconds, and the thread a third of a second to start.
  { msMax: 30_000, idleMs: 2_000 },
);

/** What is wrong with a source that tests are made of. */
export async function testSourceProblem(source: string): Promise<SourceProblem | undefined> {
  try {
    return await thread.ask(source);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    return { line: 1, message: `reading it takes more than ${error.limit}: make it simpler` };
  }
}
