/** Runs in a thread of its own: reads drafts one after the other. See `draft-reading.ts`. */
import { parentPort } from "node:worker_threads";
import { BlockReader, onlyProblems } from "./block-reader.ts";
import type { DraftText } from "./draft-reading.ts";

const reader = new BlockReader();

parentPort?.on("message", (text: DraftText) => {
  void reader
    .read(text)
    .catch((error: unknown) =>
      onlyProblems([{ line: 1, message: `cannot be read (${String(error)}): mend it` }]),
    )
    .then((reading) => parentPort?.postMessage(reading));
});
