import { readFileSync } from "node:fs";
import { join } from "node:path";
import { differenceText } from "../../server/content/difference-text.ts";
import { type ExportPlan, exportCourse, planExport } from "../../server/content/export.ts";
import { readBlobs } from "../../server/content/store.ts";
import { byDocument, placeOf } from "../../server/content/tree.ts";
import { db } from "../../server/db/client.ts";
import { uncommitted } from "./committed.ts";
import { decide, type Side } from "./decide.ts";

export interface ExportCommand {
  readonly courseId: string;
  readonly folder: string;
  readonly isElsewhere: boolean;
  readonly take: Side | undefined;
  readonly isDryRun: boolean;
}

/** Shows what would change, asks, writes; answers the exit code. */
export async function exportCommand(command: ExportCommand): Promise<number> {
  const { courseId, folder, isElsewhere, take, isDryRun } = command;
  const plan = await planExport(courseId, folder);
  const atRisk = await uncommitted(folder, plan.unknown);
  const documents = [...new Set(atRisk.map((path) => placeOf(path).document))];
  if (isDryRun) {
    tell(plan);
    for (const path of atRisk) console.log(`not in the site or in git: ${path}`);
    return documents.length > 0 ? 3 : 0;
  }
  const decisions = await decide(await shown(documents, plan, folder), take);
  if (decisions === undefined) {
    for (const path of atRisk) console.log(`not in the site or in git: ${path}`);
    console.log("Nothing was written. Import or commit these files, or decide with --take.");
    return 3;
  }
  const kept = new Set(documents.filter((path) => decisions.get(path) === "folder"));
  const outcome = await exportCourse({ courseId, folder, isElsewhere, kept, plan });
  if (outcome === undefined) {
    console.log(
      "The folder or the site was changed meanwhile: nothing was written, run it once more.",
    );
    return 3;
  }
  tell(outcome);
  return 0;
}

function tell({ written, removed }: Pick<ExportPlan, "written" | "removed">): void {
  for (const path of written) console.log(`written: ${path}`);
  for (const path of removed) console.log(`removed: ${path}`);
  console.log(`${written.length} files written, ${removed.length} removed`);
}

async function shown(documents: readonly string[], { before, after }: ExportPlan, folder: string) {
  const [here, there] = [byDocument(before), byDocument(after)];
  const hashes = documents.flatMap((path) => [...(there.get(path)?.values() ?? [])]);
  const stored = await readBlobs(db(), hashes);
  const byHash = new Map([...before].map(([path, hash]) => [hash, path]));
  const bytesOf = (hash: string) =>
    stored.get(hash) ?? new Uint8Array(readFileSync(join(folder, byHash.get(hash) ?? "")));
  return documents.map((path) => ({
    path,
    difference: differenceText({ path, folder: here.get(path), site: there.get(path) }, bytesOf),
  }));
}
