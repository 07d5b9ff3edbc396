/**
 * The lectures of the course as data. Texts are parsed once and kept for the life of the process:
 * a page costs nothing the second time, and a file that changes is read again. A text that is
 * wrong takes no other one down, and what it said before stays until it is mended.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Root } from "hast";
import type { LectureDocument, LecturePicture } from "#notebook/document";
import { checkout } from "../config.ts";
import { log } from "../operation/log.ts";
import {
  type Course,
  checkCourse,
  hasItsExercises,
  type PlacedLecture,
  type PlacedTask,
} from "./course-check.ts";
import {
  courseFolder,
  exerciseFolders,
  lectureFolders,
  placeOfExercise,
  stampOf,
} from "./course-files.ts";
import { CourseProblem } from "./located-yaml.ts";
import { PICTURES } from "./pictures/picture-file.ts";
import {
  type PicturesBeside,
  pictureFiles,
  picturesBeside,
  shownPictures,
} from "./pictures/pictures-beside.ts";
import { type Answer, ReadingThread, type Text } from "./reading.ts";
import { parseOutputs, type StoredOutputs } from "./stored-outputs.ts";
import { readTopics } from "./topics.ts";

export interface CourseReading {
  /** Those that can be shown, by number. */
  readonly lectures: readonly LectureDocument[];
  /** The same with their files, and the lines of what is in them. */
  readonly placed: readonly PlacedLecture[];
  /** What a check of one text more is made against. */
  readonly whole: Course;
  /** Each as `file:line: what: remedy`. */
  readonly problems: readonly string[];
}

/** All lectures that can be shown, in the order of their numbers. */
export async function readLectures(): Promise<readonly LectureDocument[]> {
  return (await readAndTell()).lectures;
}

/** By its slug, e.g. `11-ebpf-1-machine`; undefined when there is none that can be shown. */
export async function readLecture(slug: string): Promise<LectureDocument | undefined> {
  return (await readLectures()).find(({ frontMatter }) => frontMatter.slug === slug);
}

export interface PictureFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Changes when the file does. */
  readonly version: string;
}

/** A picture of a lecture as it is published; undefined for anything else that may lie there. */
export async function readLecturePicture(
  slug: string,
  file: string,
): Promise<PictureFile | undefined> {
  const { placed } = await readAndTell();
  const lecture = placed.find(({ document }) => document.frontMatter.slug === slug);
  return lecture && pictureIn(lecture, file);
}

/** What an exercise asks. */
export interface Task {
  /** In the same elements as a lecture's body. */
  readonly body: Root;
  readonly pictures: readonly LecturePicture[];
}

export async function readTask(exerciseId: string): Promise<Task | undefined> {
  const task = await placedTask(exerciseId);
  return task && { body: task.body, pictures: shownPictures(task.pictures) };
}

/** A picture of what an exercise asks, as it is published. Whether it is open already is not asked here. */
export async function readTaskPicture(
  exerciseId: string,
  file: string,
): Promise<PictureFile | undefined> {
  const task = await placedTask(exerciseId);
  return task && pictureIn(task, file);
}

async function placedTask(exerciseId: string): Promise<PlacedTask | undefined> {
  return (await readAndTell()).whole.tasks.find((task) => task.exerciseId === exerciseId);
}

function pictureIn(
  { folder, pictures }: { readonly folder: string; readonly pictures: PicturesBeside },
  file: string,
): PictureFile | undefined {
  const { reading, version = "" } = pictures.get(file) ?? {};
  if (reading?.kind !== "picture") return undefined;
  const bytes = new Uint8Array(readFileSync(join(folder, PICTURES, file)));
  return { type: reading.type, bytes, version };
}

/** Begins to read, so that the first page need not wait; tells the log what is wrong. */
export async function warmCourse(): Promise<() => Promise<void>> {
  readAndTell().catch((error: unknown) => log.error({ err: error }, "the course cannot be read"));
  return async () => undefined;
}

/** Reads what has changed since the last time. */
export async function readCourse(course = courseFolder()): Promise<CourseReading> {
  const key = stampOfCourse(course);
  const known = kept().courses.get(course);
  if (known?.key === key) return known.reading;
  const reading = readWhole(course);
  kept().courses.set(course, { key, reading });
  // A reading that failed is no answer for the next one who asks.
  reading.catch(() => kept().courses.delete(course));
  return reading;
}

interface Kept {
  readonly courses: Map<string, { readonly key: string; readonly reading: Promise<CourseReading> }>;
  /** By file: what was read last, and what was read last without a problem. */
  readonly texts: Map<string, { stamp: string; answer: Answer; sound: Answer | undefined }>;
  told: readonly string[];
}

/** One for the process: Next loads this module beside the one of the web process itself. */
const KEPT = Symbol.for("kernelbook.course");

function kept(): Kept {
  const place = globalThis as { [KEPT]?: Kept };
  place[KEPT] ??= { courses: new Map(), texts: new Map(), told: [] };
  return place[KEPT];
}

async function readAndTell(): Promise<CourseReading> {
  const reading = await readCourse();
  if (reading.problems !== kept().told) {
    kept().told = reading.problems;
    for (const problem of reading.problems) log.error({ problem }, "the course has a problem");
  }
  return reading;
}

function stampOfCourse(course: string): string {
  const files = [
    join(course, "topics.yaml"),
    ...lectureFolders(course).flatMap((folder) => [
      join(folder, "lecture.mdx"),
      join(folder, "outputs.json"),
    ]),
    ...exerciseFolders(course).map((folder) => join(folder, "task.mdx")),
  ];
  const pictures = [...lectureFolders(course), ...exerciseFolders(course)].flatMap((folder) =>
    pictureFiles(folder).map(({ file, stamp }) => `${folder} ${file} ${stamp}`),
  );
  return [...files.map((file) => `${file} ${stampOf(file)}`), ...pictures].join("\n");
}

async function readWhole(course: string): Promise<CourseReading> {
  const problems: string[] = [];
  const thread = new ReadingThread();
  const lectures = await Promise.all(lectureFolders(course).map(lecture));
  const exercises = exerciseFolders(course).map((folder) => ({
    ...placeOfExercise(folder),
    name: nameOf(join(folder, "exercise.yaml")),
    folder,
  }));
  const tasks = await Promise.all(exercises.map(task));
  const whole: Course = {
    lectures: lectures.filter((found) => found !== undefined),
    tasks: tasks.filter((found) => found !== undefined),
    exercises,
    topics: telling(() => readTopics(course)) ?? new Map(),
  };
  problems.push(...checkCourse(whole));
  const placed = whole.lectures
    .filter((found) => hasItsExercises(found, whole))
    .map((found) => ({ ...found, document: withFiles(found) }))
    .sort((a, b) => numberOf(a).localeCompare(numberOf(b)));
  return {
    lectures: placed.map(({ document }) => document),
    placed,
    whole,
    problems,
  };

  async function lecture(folder: string): Promise<PlacedLecture | undefined> {
    const file = join(folder, "lecture.mdx");
    const answer = await read(file, "lecture");
    if (answer?.kind !== "lecture") return undefined;
    return { ...answer.lecture, folder, name: nameOf(file), pictures: picturesBeside(folder) };
  }

  async function task({ id, slug, folder }: { id: string; slug: string; folder: string }) {
    const file = join(folder, "task.mdx");
    // A missing one is told by the check of the exercise.
    const answer = existsSync(file) ? await read(file, "task") : undefined;
    if (answer?.kind !== "task") return undefined;
    const pictures = picturesBeside(folder);
    return { ...answer.task, exerciseId: id, slug, folder, name: nameOf(file), pictures };
  }

  /** Notes problems, and then answers what the file said before it was broken. */
  async function read(file: string, kind: Text["kind"]): Promise<Answer | undefined> {
    const stamp = stampOf(file) ?? "";
    const before = kept().texts.get(file);
    const isKnown = before?.stamp === stamp;
    const answer = isKnown
      ? before.answer
      : await thread.read({ kind, text: readFileSync(file, "utf8"), name: nameOf(file) });
    const sound = answer.kind === "problems" ? before?.sound : answer;
    kept().texts.set(file, { stamp, answer, sound });
    if (answer.kind === "problems") problems.push(...answer.problems);
    return sound;
  }

  function withFiles({ document: inText, folder, pictures }: PlacedLecture): LectureDocument {
    const document = { ...inText, pictures: shownPictures(pictures) };
    const file = join(folder, "outputs.json");
    if (!existsSync(file)) return document;
    const stored = telling(() => parseOutputs(readFileSync(file, "utf8"), nameOf(file))) ?? {};
    const gone = Object.keys(stored).filter((id) => document.cells.every((cell) => cell.id !== id));
    for (const id of gone) {
      problems.push(
        `${nameOf(file)}:1: the lecture has no cell ${id}: run \`npm run -s content:check -- --write\``,
      );
    }
    return { ...document, cells: document.cells.map((cell) => withOutput(cell, stored)) };
  }

  function telling<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof CourseProblem)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  }
}

function withOutput<T extends { readonly id: string }>(cell: T, stored: StoredOutputs) {
  return { ...cell, storedOutputs: (Object.hasOwn(stored, cell.id) && stored[cell.id]) || [] };
}

function numberOf({ document }: PlacedLecture): string {
  return document.frontMatter.number;
}

function nameOf(file: string): string {
  return relative(checkout(), file);
}
