/** An exercise as it is typed: what a student would see of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExerciseSheet, LecturePicture, TextProblem } from "#notebook/document";
import { pictureProblems } from "../../course/course-check.ts";
import { readExercise } from "../../course/exercise.ts";
import { bundleTests } from "../../course/exercise-tests.ts";
import { CourseProblem } from "../../course/located-yaml.ts";
import { shownPictures } from "../../course/pictures/pictures-beside.ts";
import { db } from "../../db/index.ts";
import { isCoursePath } from "../tree.ts";
import { type DraftBlock, readDraft } from "./draft-reading.ts";
import { type DraftedDocument, draftedPictures } from "./drafted-files.ts";

export interface FileProblem extends TextProblem {
  /** Below the document's folder. */
  readonly file: string;
}

export interface ExercisePreview {
  readonly kind: "exercise";
  /** What is asked. */
  readonly blocks: readonly DraftBlock[];
  /** undefined while `exercise.yaml` is wrong. */
  readonly sheet: ExerciseSheet | undefined;
  readonly pictures: readonly LecturePicture[];
  readonly problems: readonly FileProblem[];
}

interface PreviewRequest {
  readonly document: DraftedDocument;
  readonly userId: string;
  readonly files: ReadonlyMap<string, string>;
  readonly known: readonly string[];
}

export async function exercisePreview(request: PreviewRequest): Promise<ExercisePreview> {
  const { document, userId, files, known } = request;
  const [task, beside] = await Promise.all([
    readDraft({ kind: "task", text: files.get("task.mdx") ?? "", known }),
    draftedPictures(db(), document.id, userId),
  ]);
  const inTask = task.problems.map((problem) => ({ ...problem, file: "task.mdx" }));
  const { path } = document;
  const placedTask = { name: `${path}/task.mdx`, facts: task.facts, pictures: beside };
  const ofPictures = pictureProblems(placedTask, "task").map((problem) => placed(problem, path));
  const { sheet, problems } = await sheetOf(document, files);
  return {
    kind: "exercise",
    blocks: task.blocks,
    sheet,
    pictures: shownPictures(beside),
    problems: [...inTask, ...ofPictures, ...problems],
  };
}

interface Sheet {
  readonly sheet: ExerciseSheet | undefined;
  readonly problems: readonly FileProblem[];
}

/** Laid out in a folder of its own for the time of reading: tests are bundled from files. */
async function sheetOf(
  { path }: DraftedDocument,
  files: ReadonlyMap<string, string>,
): Promise<Sheet> {
  const home = mkdtempSync(join(tmpdir(), "kernelbook-preview-"));
  const folder = join(home, path);
  const problems: FileProblem[] = [];
  try {
    for (const [name, text] of files) {
      if (!/\.(?:ts|yaml)$/.test(name) || !isCoursePath(name)) continue;
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const exercise = await telling(async () => readExercise(folder));
    if (exercise === undefined) return { sheet: undefined, problems };
    const visibleTests = files.has("visible.test.ts")
      ? ((await telling(() => bundleTests(join(folder, "visible.test.ts"))))?.text ?? "")
      : "";
    const sheet: ExerciseSheet = {
      manifest: exercise.manifest,
      starter: files.get(exercise.manifest.kind === "report" ? "starter.md" : "starter.ts") ?? "",
      contract: files.get("contract.ts") ?? "",
      visibleTests,
    };
    return { sheet, problems };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }

  async function telling<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CourseProblem)) throw error;
      problems.push(...error.problems.map((problem) => placed(problem, path)));
      return undefined;
    }
  }
}

/** `…/<folder>/visible.test.ts:3: what` without what stands before the file. */
function placed(problem: string, folder: string): FileProblem {
  const [, whole = "", line = "1", message = problem] =
    /^(.*?):(\d+): ([\s\S]*)$/.exec(problem) ?? [];
  const file = whole.slice(whole.lastIndexOf(`${folder}/`) + folder.length + 1);
  return { file, line: Number(line), message };
}
