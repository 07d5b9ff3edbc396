/** Runs in a thread of its own, whose language is locked: the cells of one lecture, in order. */
import { parentPort, workerData } from "node:worker_threads";
import { CELL_SEED, type Output } from "#notebook/document";
import { compileCell, createRealm, openKernel } from "#notebook/runtime";
import type { CellRun, CellsToRun } from "./cells.ts";

const { cells } = workerData as CellsToRun;
const realm = createRealm(openKernel());
// As in the page's Worker: what nobody waited for is told in the cell that runs.
let stray: ((thrown: unknown) => void) | undefined;
process.on("unhandledRejection", (thrown) => stray?.(thrown));

for (const { id, source, answers } of cells) {
  const began = process.threadCpuUsage();
  const run = await runCell(id, source);
  const { user, system } = process.threadCpuUsage(began);
  const values: (string | undefined)[] = [];
  for (const expression of answers) values.push(await answerTo(`predict-${id}`, expression));
  const cpuMs = (user + system) / 1000;
  parentPort?.postMessage(JSON.stringify({ id, ...run, cpuMs, values } satisfies CellRun));
}
parentPort?.postMessage("done");

async function runCell(id: string, source: string): Promise<Pick<CellRun, "outputs" | "isOk">> {
  const outputs: Output[] = [];
  const onOutput = (output: Output) => outputs.push(output);
  const compiled = compileCell(source);
  if (compiled.kind === "refused") {
    const { message, line, column } = compiled;
    const frames = [{ cellId: id, line, column }];
    return { isOk: false, outputs: [{ kind: "error", name: "SyntaxError", message, frames }] };
  }
  let hasStray = false;
  stray = (thrown) => {
    hasStray = true;
    onOutput(realm.describeError(thrown));
  };
  const end = await realm.runCell(id, compiled, { seed: CELL_SEED, onOutput });
  await new Promise((nextTurn) => setImmediate(nextTurn));
  stray = undefined;
  return { isOk: end === "ok" && !hasStray, outputs };
}

/** What the page shows beside a guess. */
async function answerTo(id: string, expression: string): Promise<string | undefined> {
  const { outputs } = await runCell(id, expression);
  const result = outputs.find((output) => output.kind === "result");
  return result?.bundle["text/plain"];
}
