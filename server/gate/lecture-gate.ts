/** What a lecture must do before it is published: its cells run, and leave what is stored. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Output } from "#notebook/document";
import { checkout } from "../config.ts";
import type { PlacedLecture } from "../course/course-check.ts";
import { parseOutputs, printOutputs, type StoredOutputs } from "../course/stored-outputs.ts";
import { type CellRun, runCells, STOPPED } from "./cells.ts";
import { cellsFileProblem } from "./cells-file-check.ts";

/** Of CPU time, so that a busy machine blames nobody. */
const CELL_CPU_MS_MAX = 1000;

/** Problems as `file:line: what: remedy`. With `write` the outputs of this run are stored. */
export async function checkCells(lecture: PlacedLecture, write: boolean): Promise<string[]> {
  const { document, facts, folder, name } = lecture;
  const answersOf = (id: string) =>
    facts.predictions.flatMap((one) => (one.id === id && one.answer ? [one.answer] : []));
  const { runs, stopped } = await runCells(document, answersOf);
  const lineOf = (id: string) => facts.cells.find((cell) => cell.id === id)?.line ?? 1;
  const problems = runs.flatMap((run) => [
    ...checkRun(run, name, lineOf(run.id)),
    ...checkAnswers(run, lecture),
  ]);
  const next = document.cells[runs.length];
  if (next !== undefined) {
    problems.push(`${name}:${lineOf(next.id)}: cell ${next.id} ${STOPPED[stopped ?? "end"]}`);
  }
  // What keeps the sandbox busy would keep the parser here busy, too.
  if (next === undefined) problems.push(...(await checkCellsFile(lecture)));
  if (problems.length > 0) return problems;
  const file = join(folder, "outputs.json");
  const fresh = Object.fromEntries(runs.map(({ id, outputs }) => [id, outputs]));
  if (write && document.cells.length > 0) writeFileSync(file, printOutputs(fresh));
  return differing(file, fresh);
}

function checkRun({ id, isOk, outputs, cpuMs }: CellRun, name: string, line: number): string[] {
  if (!isOk) {
    const error = outputs.find((output) => output.kind === "error");
    const [frame] = error?.frames ?? [];
    // Below the line of the fence.
    const place = line + (frame?.cellId === id ? frame.line : 0);
    return [
      `${name}:${place}: cell ${id} fails: ${error?.name}: ${error?.message}: mend the cell, or what it calls`,
    ];
  }
  const problems: string[] = [];
  if (cpuMs > CELL_CPU_MS_MAX) {
    problems.push(
      `${name}:${line}: cell ${id} takes ${Math.round(cpuMs)} ms: let it end in a second`,
    );
  }
  if (outputs.some(({ kind }) => kind === "truncated")) {
    problems.push(`${name}:${line}: cell ${id} prints more than is kept: let it print less`);
  }
  return problems;
}

function checkAnswers({ id, values }: CellRun, { facts, name }: PlacedLecture): string[] {
  const asked = facts.predictions.filter((one) => one.id === id && one.answer);
  return asked.flatMap(({ line, answer }, index) =>
    Number.isFinite(Number(values[index]?.replace(/n$/, "")))
      ? []
      : [`${name}:${line}: <Predict>: ${answer} is no number after cell ${id}: mend its answer`],
  );
}

async function checkCellsFile(lecture: PlacedLecture): Promise<string[]> {
  const problem = await cellsFileProblem(lecture);
  if (problem === undefined) return [];
  const { cellId, message } = problem;
  const line = lecture.facts.cells.find(({ id }) => id === cellId)?.line ?? 1;
  const where = cellId === undefined ? "" : ` Choose another name in cell ${cellId}`;
  return [`${lecture.name}:${line}: the cells do not make one file: ${message}${where}`];
}

function differing(file: string, fresh: StoredOutputs): string[] {
  const name = relative(checkout(), file);
  const remedy = "run `npm run -s content:check -- --write` and read what it changed";
  if (!existsSync(file)) {
    return Object.keys(fresh).length === 0 ? [] : [`${name}:1: the file is missing: ${remedy}`];
  }
  const text = readFileSync(file, "utf8");
  const stored = parseOutputs(text, name);
  const lines = text.split("\n");
  return Object.entries(fresh).flatMap(([id, outputs]) => {
    if (isDeepStrictEqual(stored[id], outputs as readonly Output[])) return [];
    const line = lines.findIndex((one) => one.startsWith(`  ${JSON.stringify(id)}:`)) + 1;
    return [`${name}:${line || 1}: cell ${id} leaves something else than is stored: ${remedy}`];
  });
}
