/**
 * Runs cells in a thread of its own: in the real realm, or (the control) evaluated in the thread
 * itself and shown with the language's own means, as a notebook without our runtime would do.
 */

import { parentPort, workerData } from "node:worker_threads";
import type { Output } from "../../../notebook/document/output.ts";
import { compileCell } from "../../../notebook/runtime/compile/compile.ts";
import { createRealm } from "../../../notebook/runtime/realm/realm.ts";

export interface Attack {
  readonly cells: readonly string[];
  readonly defended: boolean;
}

/** What the cells left behind, and what the platform sees afterwards. */
export interface Aftermath {
  /** Texts of all outputs, errors included, a list for each cell. */
  readonly texts: readonly (readonly string[])[];
  readonly bytes: number;
  /** What ordinary code of the platform computes after the attack: `1,4,9 true 3`. */
  readonly sanity: string;
  readonly hung: boolean;
  readonly frames: readonly number[];
}

const { cells, defended } = workerData as Attack;
const texts: string[][] = [];
const frames: number[] = [];
let bytes = 0;

function take(cell: number, output: Output): void {
  if (output.kind === "error") frames.push(...output.frames.map(({ line }) => line));
  const text = textOf(output);
  bytes += text.length;
  texts[cell]?.push(text.slice(0, 2_000));
}

function textOf(output: Output): string {
  switch (output.kind) {
    case "stream":
      return output.text;
    case "error":
      return `${output.name}: ${output.message}`;
    case "truncated":
      return `truncated ${output.omittedBytes}`;
    default:
      return output.bundle["text/plain"];
  }
}

/** What a test may wait for a hung cell. */
const PATIENCE_MS = 2_000;
const { setTimeout: later } = globalThis;
const { race } = Promise;
const patience = () =>
  new Promise<"hung">((resolve) => void later(() => resolve("hung"), PATIENCE_MS));

/** A function of the platform that is not strict, and calls back. */
const platform = { call: new Function("callback", "return callback()") };
/** A library of which a cell gets instances only through calls. */
const library = { open: () => ({ read: () => "real" }), secret: () => "real" };

let hung = false;
const run = defended ? await defendedRunner() : openRunner();
for (const [index, source] of cells.entries()) {
  texts.push([]);
  const end = await race.call(Promise, [run(index, source), patience()]);
  if (end === "hung") hung = true;
}
const squares = [1, 2, 3].map((n) => n * n).join(",");
const sanity = `${squares} ${"a-b".replace("-", "") === "ab"} ${[..."abc"].length} ${Object.keys({}).length}`;
const clean: Aftermath = { texts, bytes, sanity, hung, frames };
parentPort?.postMessage(JSON.stringify(clean));

async function defendedRunner(): Promise<(index: number, source: string) => Promise<unknown>> {
  const realm = createRealm({ globals: { platform }, modules: { library } });
  return async (index, source) => {
    const compiled = compileCell(source);
    if (compiled.kind === "refused") return texts[index]?.push(`SyntaxError: ${compiled.message}`);
    return realm.runCell("cell", compiled, { seed: 1, onOutput: (output) => take(index, output) });
  };
}

function openRunner(): (index: number, source: string) => Promise<unknown> {
  const scope: Record<string, unknown> = {};
  // biome-ignore lint/security/noGlobalEval: this is the hole that the control shows
  const evaluate = eval;
  return async (index, source) => {
    const show = (value: unknown) =>
      take(index, { kind: "result", bundle: { "text/plain": String(value) } });
    Object.assign(globalThis, { platform, display: show });
    globalThis.console.log = (...values: unknown[]) => show(values.join(" "));
    try {
      const compiled = compileCell(source);
      // Refused by our compiler: here it runs all the same.
      const isCompiled = compiled.kind === "compiled";
      const code = isCompiled ? compiled.code : `(async () => (${source}))`;
      const modules = isCompiled ? compiled.imports.map(() => library) : [];
      const declare = (accessors: object) => {
        for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(accessors))) {
          later(() => {
            scope[name] = get?.call(undefined);
          });
        }
      };
      const value = await evaluate(`${code}\n//# sourceURL=cell`)({ modules, declare });
      if (value !== undefined) show(value);
    } catch (thrown) {
      const { name, message, stack } = thrown as Error;
      take(index, { kind: "error", name, message, frames: linesOf(stack) });
    }
  };
}

function linesOf(stack: unknown): { cellId: string; line: number; column: number }[] {
  const found = /cell:(\d+):(\d+)/.exec(String(stack));
  return found ? [{ cellId: "cell", line: Number(found[1]) - 1, column: Number(found[2]) }] : [];
}
