/** The text of a lecture as it is typed: what a page draws, and what the gate will say. */
import { join } from "node:path";
import type { Nodes } from "hast";
import type {
  Cell,
  FigureData,
  FigureName,
  Heading,
  LectureFrontMatter,
  LecturePicture,
  TextProblem,
} from "#notebook/document";
import { type Course, checkCourse, type PlacedLecture } from "../../course/course-check.ts";
import { figureData } from "../../course/figures/figure-data.ts";
import { CourseProblem } from "../../course/located-yaml.ts";
import { type PicturesBeside, shownPictures } from "../../course/pictures/pictures-beside.ts";
import { parseOutputs, type StoredOutputs } from "../../course/stored-outputs.ts";
import { db } from "../../db/index.ts";
import { courseAround, type ExerciseAround, exercisesAround } from "./course-around.ts";
import { type DraftBlock, type DraftReading, readDraft } from "./draft-reading.ts";
import { type DraftedDocument, draftedPictures } from "./drafted-files.ts";

export interface LecturePreview {
  readonly kind: "lecture";
  readonly blocks: readonly DraftBlock[];
  readonly frontMatter: LectureFrontMatter | undefined;
  readonly headings: readonly Heading[];
  readonly cells: readonly Cell[];
  readonly exerciseIds: readonly string[];
  readonly wordCount: number;
  /** Those that stand in blocks which come with their content. */
  readonly figures: readonly FigureData[];
  readonly exercises: readonly ExerciseAround[];
  /** All that the draft has. */
  readonly pictures: readonly LecturePicture[];
  /** By line. */
  readonly problems: readonly TextProblem[];
}

interface PreviewRequest {
  readonly document: DraftedDocument;
  readonly userId: string;
  readonly files: ReadonlyMap<string, string>;
  /** Blocks and figures that the page has, by hash and name. */
  readonly known: readonly string[];
}

/** The file's name in messages of checks, which are asked for this one alone. */
const FILE = "lecture.mdx";

export async function lecturePreview(request: PreviewRequest): Promise<LecturePreview> {
  const { document, userId, files, known } = request;
  const [reading, around, exercises, pictures] = await Promise.all([
    readDraft({ kind: "lecture", text: files.get(FILE) ?? "", known }),
    courseAround(document.courseId),
    exercisesAround(db(), document, userId),
    draftedPictures(db(), document.id, userId),
  ]);
  const { blocks, frontMatter, facts } = reading;
  const outputs = outputsIn(files.get("outputs.json"));
  const inCourse = problemsInCourse(reading, around, document, { exercises, pictures });
  return {
    kind: "lecture",
    blocks,
    frontMatter,
    headings: facts.headings.map(({ id, depth, text }) => ({ id, depth, text })),
    cells: reading.cells.map((cell) => ({
      ...cell,
      storedOutputs: (Object.hasOwn(outputs, cell.id) && outputs[cell.id]) || [],
    })),
    exerciseIds: facts.exercises.map(({ id }) => id),
    wordCount: facts.wordCount,
    figures: figuresIn(blocks)
      .filter((name) => !known.includes(name))
      .map(figureData),
    exercises,
    pictures: shownPictures(pictures),
    problems: [...reading.problems, ...inCourse].toSorted((a, b) => a.line - b.line),
  };
}

/** What only the whole course can tell, with this text in the place of the lecture that is published. */
function problemsInCourse(
  reading: DraftReading,
  around: Course,
  { path }: DraftedDocument,
  { exercises, pictures }: { exercises: readonly ExerciseAround[]; pictures: PicturesBeside },
): TextProblem[] {
  const { frontMatter, facts, lines, cells } = reading;
  if (frontMatter === undefined) return [];
  const slug = path.split("/")[1] ?? "";
  const draft: PlacedLecture = {
    document: {
      frontMatter,
      headings: facts.headings,
      cells,
      exerciseIds: [],
      pictures: [],
      wordCount: 0,
      body: { type: "root", children: [] },
    },
    facts,
    parts: [],
    lines,
    folder: join("/", path),
    name: FILE,
    pictures,
  };
  const others = around.exercises.filter((exercise) => exercise.slug !== slug);
  const own = exercises.map(({ id }) => ({ id, slug, name: `exercises/${id}` }));
  const course: Course = {
    ...around,
    // The last one is told when two have the same id.
    lectures: [...around.lectures.filter(({ folder }) => !folder.endsWith(`/${path}`)), draft],
    exercises: [...others, ...own],
  };
  return checkCourse(course).flatMap((problem) => {
    const [, line, message] = /^lecture\.mdx:(\d+): ([\s\S]*)$/.exec(problem) ?? [];
    return line === undefined || message === undefined ? [] : [{ line: Number(line), message }];
  });
}

/** A draft may hold outputs that are no JSON: then its cells have none. */
function outputsIn(text: string | undefined): StoredOutputs {
  if (text === undefined) return {};
  try {
    return parseOutputs(text, "outputs.json");
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    return {};
  }
}

function figuresIn(blocks: readonly DraftBlock[]): FigureName[] {
  const names = new Set<FigureName>();
  const look = (node: Nodes) => {
    if (node.type === "element" && node.tagName === "kb-figure") {
      // Only names of figures pass the check of a text.
      names.add(node.properties["name"] as FigureName);
    }
    if ("children" in node) for (const child of node.children) look(child);
  };
  for (const { content } of blocks) for (const node of content ?? []) look(node);
  return [...names];
}
