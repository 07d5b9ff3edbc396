/** Runs in a thread of its own: makes the mutants of one solution after the other. */
import { parentPort } from "node:worker_threads";
import { mutantsOf } from "./mutate.ts";

parentPort?.on("message", ({ source, max }: { source: string; max: number }) =>
  parentPort?.postMessage(mutantsOf(source, max)),
);
