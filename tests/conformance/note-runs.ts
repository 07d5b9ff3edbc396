/** Set up in front of each file of tests when `coverage:bpf` runs them: says on its way what programs did in tests that passed. */
import { appendFileSync } from "node:fs";
import { afterEach, beforeEach } from "vitest";
import { Jit } from "../../kernel-sim/bpf/jit/jit.ts";
import { takeRunNotes } from "./run-notes.ts";

// Calls of compiled programs are not seen.
Jit.prototype.compile = () => undefined;

beforeEach(() => {
  takeRunNotes();
});

afterEach(({ task }) => {
  const notes = takeRunNotes();
  const file = process.env["BPF_RUN_NOTES"];
  const hasFailed = (task.result?.errors?.length ?? 0) > 0;
  if (file !== undefined && !hasFailed) appendFileSync(file, `${JSON.stringify(notes)}\n`);
});
