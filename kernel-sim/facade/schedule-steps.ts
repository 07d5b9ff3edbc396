import type { ScheduleStep } from "../api-explore.ts";
import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import type { ReadyProgram } from "../explore/concurrent-program.ts";
import type { StepDone } from "../explore/controlled-kernel.ts";
import { ProgramRun } from "../explore/program-run.ts";
import { errnoName } from "../include/errno.ts";
import { columns, listing } from "./listing.ts";
import { instructionAt } from "./step-instruction.ts";

/** Runs a schedule again, and tells each step. */
export function stepListing(
  ready: ReadyProgram,
  schedule: readonly string[],
): readonly ScheduleStep[] {
  const run = new ProgramRun(ready);
  const rows = schedule.map((thread, i) => {
    run.letTimePass();
    const done = run.step(thread);
    const shared = Object.freeze(run.words());
    const { kind } = done.what;
    const what = stepText(ready, run, done, shared);
    return {
      step: i + 1,
      thread,
      what,
      shared,
      kind: kind === "call" || kind === "own" ? kind : "access",
    } as const;
  });
  const names = [...new Set(rows.map(({ thread }) => thread))].sort();
  return listing(rows, (all) =>
    columns(
      ["step", ...names, "shared"],
      all.map((row) => [
        row.step,
        ...names.map((name) => (name === row.thread ? row.what : "")),
        Object.entries(row.shared)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]),
    ),
  );
}

function stepText(
  { words }: ReadyProgram,
  run: ProgramRun,
  { thread, what, ip }: StepDone,
  shared: Readonly<Record<string, number>>,
): string {
  if (what.kind === "own") return "touches nothing shared";
  if (ip !== undefined && what.kind !== "call") {
    const text = instructionAt(run.controlled.taskOf(thread), ip);
    if (text !== "") return text;
  }
  if (what.kind !== "call") {
    const word = words[(what.address - run.record.base) / 4]?.[0];
    const where = word ?? `0x${what.address.toString(16)}`;
    const value = word === undefined ? "" : `: ${shared[word]}`;
    return `${what.kind} ${where}${value}`;
  }
  const name = (ip === undefined ? syscallNames64 : syscallNames32)[what.nr] ?? `call ${what.nr}`;
  const task = run.controlled.taskOf(thread);
  if (task === undefined || task.exitState !== 0) return `${name}()`;
  if (task.kstack !== undefined) return `${name}() ${what.isResumed ? "sleeps on" : "sleeps"}`;
  const answer = task.regs.ax;
  const shown = answer < 0 && answer > -4096 ? `-${errnoName(-answer)}` : String(answer);
  return `${what.isResumed ? `${name}() goes on` : `${name}()`} = ${shown}`;
}
