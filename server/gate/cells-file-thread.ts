/** Runs in a thread of its own: tries to compile all cells of a lecture as one file. See `cells-file-check.ts`. */
import { parentPort } from "node:worker_threads";
import { compileModule } from "#notebook/runtime";
import { cellsFile } from "../course/download/cells-file.ts";
import type { CellsFileProblem, LectureCells } from "./cells-file-check.ts";

parentPort?.on("message", (lecture: LectureCells) => parentPort?.postMessage(problemIn(lecture)));

function problemIn(lecture: LectureCells): CellsFileProblem | undefined {
  const text = cellsFile(lecture, { url: "", titleOf: (id) => id });
  const compiled = compileModule(text);
  if (compiled.kind === "compiled") return undefined;
  const above = text.split("\n").slice(0, compiled.line);
  const cellId = above.findLast((one) => one.startsWith("// Cell "))?.match(/\((.+?)\)/)?.[1];
  return { cellId, message: compiled.message };
}
