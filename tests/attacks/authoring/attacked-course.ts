/** The smallest course, with some of its files replaced by an attack, before the real gate. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { checkDocuments } from "../../../server/gate/index.ts";
import { closeSandboxes } from "../../../server/grading/index.ts";
import { TINY_COURSE } from "../../tiny-course.ts";

export const LECTURE = "lectures/01-sums";
export const EXERCISE = `${LECTURE}/exercises/add-up`;

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(() => closeSandboxes());

/** Path -> text; undefined takes a file of the smallest course away. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** A folder with that course in it, gone after the test. */
export function courseWith(changes: Changes): string {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-attacked-"));
  made.push(folder);
  for (const [path, text] of Object.entries({ ...TINY_COURSE, ...changes })) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** What the gate says of these documents; the sound course is what readers see. */
export async function gateProblems(changes: Changes, documents: readonly string[]) {
  const [course, shown] = [courseWith(changes), courseWith({})];
  return checkDocuments({ course, shown, documents }, () => undefined);
}
