/**
 * The cells of a lecture in a process of their own, for the publish gate: Deno without any permission.
 *
 * In: `C` one cell and the expressions that are asked after it. Out: `R` ready, `O` what it has left.
 */
import { CELL_SEED, type Output } from "#notebook/document";
import { compileCell } from "../compile/compile.ts";
import { courseData } from "../course-data.ts";
import { openKernel } from "../kernel.ts";
import { createRealm } from "../realm/realm.ts";
import type { Frame } from "../stdio/frames.ts";
import { receiveFrames, sendFrame } from "../stdio/stdio.ts";
import { catchStrayRejections } from "../worker/stray-rejections.ts";

interface AskedCell {
  readonly id: string;
  readonly source: string;
  readonly answers: readonly string[];
}

const realm = createRealm(openKernel(courseData));
// As in the page's Worker: what nobody waited for is told in the cell that runs.
let stray: ((thrown: unknown) => void) | undefined;
catchStrayRejections((thrown) => stray?.(thrown));

async function receive({ text }: Frame): Promise<void> {
  const { id, source, answers } = JSON.parse(text) as AskedCell;
  const run = await runCell(id, source);
  const values: (string | null)[] = [];
  for (const expression of answers) values.push(await answerTo(`predict-${id}`, expression));
  sendFrame({ kind: "O", text: JSON.stringify({ id, ...run, values }) });
}

async function runCell(id: string, source: string): Promise<{ isOk: boolean; outputs: Output[] }> {
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
  await nextTurn();
  stray = undefined;
  return { isOk: end === "ok" && !hasStray, outputs };
}

/** What the page shows beside a guess; null: nothing. */
async function answerTo(id: string, expression: string): Promise<string | null> {
  const { outputs } = await runCell(id, expression);
  const result = outputs.find((output) => output.kind === "result");
  return result?.bundle["text/plain"] ?? null;
}

/** Rejections that nobody waits for are told before it. */
function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port2.onmessage = () => {
      port1.close();
      resolve();
    };
    port1.postMessage(undefined);
  });
}

sendFrame({ kind: "R", text: "" });
await receiveFrames(receive);
