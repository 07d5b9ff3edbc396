/** Tries an author's draft, before any version is made of it: its cells, or its files against the tests. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { checkout } from "../config.ts";
import { draftOf, filesOfVersion, laidOver } from "../content/drafts.ts";
import { writeFolder } from "../content/folder.ts";
import { publishedTree, readBlobs, storedDocuments } from "../content/store.ts";
import { hashOf, pathInCourse, placeOf } from "../content/tree.ts";
import { exerciseVersionOf } from "../course/exercise.ts";
import { CourseProblem, readText } from "../course/located-yaml.ts";
import { ReadingThread } from "../course/reading.ts";
import { printOutputs } from "../course/stored-outputs.ts";
import { db } from "../db/index.ts";
import { runCells, STOPPED } from "../gate/cells.ts";
import { gradeSource } from "../grading/grade-source.ts";

interface DraftKey {
  readonly courseId: string;
  readonly documentId: string;
  readonly userId: string;
}

export type Problems = { readonly kind: "problems"; readonly problems: readonly string[] };
/** The same author has one running: one at a time. */
export type Busy = { readonly kind: "busy" };

/** What the cells of the draft leave behind, as the text of `outputs.json`. */
export type OutputsOutcome = { readonly kind: "ran"; readonly text: string } | Problems | Busy;

export function outputsOfDraft(key: DraftKey): Promise<OutputsOutcome> {
  return withDraft<OutputsOutcome>(key, async ({ folder }) => {
    const text = readText(join(folder, "lecture.mdx"), "lecture.mdx");
    // By itself: it may show exercises that nobody has published yet.
    const answer = await new ReadingThread().read({ kind: "lecture", text, name: "lecture.mdx" });
    if (answer.kind === "problems") return answer;
    if (answer.kind !== "lecture") throw new Error("a lecture was read as something else");
    const { document } = answer.lecture;
    const { runs, stopped } = await runCells(document, () => []);
    const failed = runs.flatMap(({ id, isOk, outputs }) => {
      const error = isOk ? undefined : outputs.find((output) => output.kind === "error");
      return isOk ? [] : [`Cell ${id} fails${error ? `: ${error.name}: ${error.message}` : ""}`];
    });
    const next = document.cells[runs.length];
    if (next !== undefined) failed.push(`Cell ${next.id} ${STOPPED[stopped ?? "end"]}`);
    if (failed.length > 0) return { kind: "problems", problems: failed };
    const outputs = Object.fromEntries(runs.map((run) => [run.id, run.outputs]));
    return { kind: "ran", text: printOutputs(outputs) };
  });
}

/** How the hidden tests judge one file. */
export interface JudgedFile {
  readonly path: string;
  readonly status: string;
  readonly score: number;
  readonly max: number;
  readonly message: string | undefined;
  /** By the test's id: `passed`, `failed`, ... */
  readonly tests: Readonly<Record<string, string>>;
}

export type JudgedOutcome =
  | {
      readonly kind: "judged";
      readonly tests: readonly { readonly id: string; readonly title: string }[];
      readonly files: readonly JudgedFile[];
    }
  | Problems
  | Busy;

/** All files that are handed in, against the draft's hidden tests: solution, starter, each mutant. */
export function judgeDraft(key: DraftKey): Promise<JudgedOutcome> {
  return withDraft<JudgedOutcome>(key, async ({ folder }) => {
    const exercise = await exerciseVersionOf(folder);
    if (exercise.manifest.kind === "report") {
      const problems = ["exercise.yaml:1: people grade a report by its rubric: nothing of it runs"];
      return { kind: "problems", problems };
    }
    const mutants = join(folder, "mutants");
    const names = existsSync(mutants) ? readdirSync(mutants).sort() : [];
    const paths = ["solution.ts", "starter.ts", ...names.map((name) => `mutants/${name}`)];
    const files: JudgedFile[] = [];
    // One after the other: side by side they would take each other's time, and that is limited.
    for (const path of paths.filter((one) => existsSync(join(folder, one)))) {
      const source = readFileSync(join(folder, path), "utf8");
      const { status, score, max, tests, message } = await gradeSource({ exercise, source });
      const kinds = Object.fromEntries(tests.map(({ id, kind }) => [id, kind]));
      files.push({ path, status, score, max, message, tests: kinds });
    }
    const tests = exercise.manifest.tests.map(({ id, title }) => ({ id, title }));
    return { kind: "judged", tests, files };
  });
}

const running = new Set<string>();

/** Lays the published course out with the draft in it, for as long as `work` takes. */
async function withDraft<T>(
  key: DraftKey,
  work: (place: { readonly folder: string }) => Promise<T | Problems>,
): Promise<T | Problems | Busy> {
  if (running.has(key.userId)) return { kind: "busy" };
  running.add(key.userId);
  const home = join(checkout(), "node_modules/.cache/kernelbook/drafts");
  mkdirSync(home, { recursive: true });
  const course = mkdtempSync(join(home, "draft-"));
  try {
    const path = await layDraftOut(key, course);
    return await work({ folder: join(course, path) });
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    const { problems } = error;
    const from = `${relative(checkout(), course)}/`;
    return { kind: "problems", problems: problems.map((one) => one.replaceAll(from, "")) };
  } finally {
    running.delete(key.userId);
    rmSync(course, { recursive: true, force: true });
  }
}

async function layDraftOut(key: DraftKey, course: string): Promise<string> {
  const { courseId, documentId } = key;
  const documents = await storedDocuments(db(), courseId);
  const own = [...documents.values()].find(({ id }) => id === documentId);
  if (own === undefined) throw new Error(`the course has no document ${documentId}`);
  const draft = await draftOf(db(), key);
  const typed = new Map<string, Uint8Array<ArrayBuffer>>();
  const put = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    typed.set(hashOf(bytes), bytes);
    return hashOf(bytes);
  };
  const isTyped = draft !== undefined && draft.files.size > 0;
  const base = isTyped ? await filesOfVersion(db(), documentId, draft.base) : own.head.files;
  const files = isTyped ? laidOver(base ?? new Map(), draft, put) : own.head.files;
  const tree = new Map<string, string>();
  for (const [file, hash] of publishedTree(documents)) {
    const { kind, document } = placeOf(file);
    // Tests may import from exercises beside theirs; a lecture needs what belongs to the whole course.
    const isNeeded = own.path.includes("/exercises/") || kind === "shared";
    if (isNeeded && document !== own.path) tree.set(file, hash);
  }
  for (const [file, hash] of files) tree.set(pathInCourse(own.path, file), hash);
  const stored = [...tree.values()].filter((hash) => !typed.has(hash));
  writeFolder(course, tree, new Map([...(await readBlobs(db(), stored)), ...typed]));
  return own.path;
}
