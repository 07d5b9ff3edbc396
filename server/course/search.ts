/** Full-text search over prose, cells, headings and exercises. The index stays on the server. */
import type { Root } from "hast";
import MiniSearch, { type SearchResult } from "minisearch";
import type { LectureDocument, SearchAnswer, SearchHit } from "#notebook/document";
import { plainText, sectionsOf } from "./body-text.ts";
import { soundExercises } from "./exercise.ts";
import { readLectures, readTask } from "./lecture.ts";

/** What an exercise is found by. */
export interface SearchedExercise {
  readonly id: string;
  /** E.g. `E11.1`. */
  readonly number: string;
  readonly title: string;
  readonly task: Root;
}

/** One that can be found: a section, an exercise, or a cell. */
interface Entry extends Omit<SearchHit, "snippet"> {
  readonly id: number;
  readonly exercise?: SearchedPart;
  readonly title: string;
  readonly text: string;
}

/** An exercise is found by its name alone as long as it is closed, else by its task, too. */
interface SearchedPart {
  readonly id: string;
  readonly hasTask: boolean;
}

interface CourseIndex {
  readonly entries: readonly Entry[];
  readonly index: MiniSearch<Entry>;
}

const QUERY_CHARS_MAX = 100;
const HITS_MAX = 20;
const SNIPPET_CHARS = 180;

/** Made once for each state of the course. */
const indexes = new WeakMap<readonly LectureDocument[], CourseIndex>();

/** Of exercises that are closed to who asks, nothing of their tasks is found or shown. */
export async function searchCourse(
  asked: string,
  closed: ReadonlySet<string>,
): Promise<SearchAnswer> {
  const lectures = await readLectures();
  let index = indexes.get(lectures);
  if (index === undefined) {
    index = indexOf(lectures, await exercisesToSearch());
    indexes.set(lectures, index);
  }
  return search(index, asked, closed);
}

export function searchLectures(
  lectures: readonly LectureDocument[],
  exercises: readonly SearchedExercise[],
  asked: string,
  closed: ReadonlySet<string> = new Set(),
): SearchAnswer {
  return search(indexOf(lectures, exercises), asked, closed);
}

/** Those with a task that can be shown. */
async function exercisesToSearch(): Promise<SearchedExercise[]> {
  const found = soundExercises().map(async ({ manifest: { id, number, title } }) => {
    const task = await readTask(id);
    return task === undefined ? [] : [{ id, number, title, task: task.body }];
  });
  return (await Promise.all(found)).flat();
}

function search(
  { entries, index }: CourseIndex,
  asked: string,
  closed: ReadonlySet<string>,
): SearchAnswer {
  const query = asked.slice(0, QUERY_CHARS_MAX).trim();
  const options = {
    boost: { title: 3 },
    prefix: (term: string) => term.length > 1,
    filter: ({ id }: SearchResult) => {
      const exercise = entries[id]?.exercise;
      return exercise === undefined || exercise.hasTask !== closed.has(exercise.id);
    },
    // A slip of the pen in a long word; a number is meant as it stands.
    fuzzy: (term: string) => (term.length > 4 && !/\d/.test(term) ? 0.2 : false),
  };
  // All the words; where that finds nothing, any of them.
  const strict = index.search(query, { ...options, combineWith: "AND" });
  const found = strict.length > 0 ? strict : index.search(query, options);
  const hits = found.slice(0, HITS_MAX).flatMap((result) => {
    const entry = entries[result.id];
    return entry === undefined ? [] : [hitOf(entry, result)];
  });
  return { query, hits, total: found.length };
}

function indexOf(
  lectures: readonly LectureDocument[],
  exercises: readonly SearchedExercise[],
): CourseIndex {
  const entries = lectures
    .flatMap((lecture) => [...entriesOf(lecture), ...exerciseEntries(lecture, exercises)])
    .map((entry, id) => ({ ...entry, id }));
  const index = new MiniSearch<Entry>({ fields: ["title", "text"] });
  index.addAll(entries);
  return { entries, index };
}

function entriesOf({ frontMatter, body, cells }: LectureDocument): Omit<Entry, "id">[] {
  const page = `/lectures/${frontMatter.slug}`;
  const lecture = { lectureNumber: frontMatter.number, lectureTitle: frontMatter.title };
  return sectionsOf(body).flatMap(({ id, title, content }) => {
    const isCell = (node: (typeof content)[number]) =>
      node.type === "element" && node.tagName === "kb-cell";
    const text = content
      .filter((node) => !isCell(node) && node.type !== "doctype")
      .map(plainText)
      .filter((part) => part !== "")
      .join(" ");
    const section: Omit<Entry, "id"> = {
      ...lecture,
      kind: "section",
      href: id === undefined ? page : `${page}#${id}`,
      section: title,
      // What stands before the first heading is found by the lecture's name.
      title: id === undefined ? `${frontMatter.title} ${frontMatter.subtitle ?? ""}` : title,
      text: id === undefined ? `${frontMatter.summary} ${text}` : text,
    };
    const inSection = content
      .filter(isCell)
      .flatMap((node) => {
        const cellId = "properties" in node ? node.properties["id"] : undefined;
        return cells.filter((cell) => cell.id === cellId);
      })
      .map(
        (cell): Omit<Entry, "id"> => ({
          ...lecture,
          kind: "cell",
          href: `${page}#cell-${cell.id}`,
          section: title,
          cell: { number: cell.number, title: cell.title ?? "" },
          title: cell.title ?? "",
          text: cell.source,
        }),
      );
    return [section, ...inSection];
  });
}

/** The exercises of a lecture; a number is found with its letter and without. */
function exerciseEntries(
  { frontMatter, exerciseIds }: LectureDocument,
  exercises: readonly SearchedExercise[],
): Omit<Entry, "id">[] {
  return exercises
    .filter(({ id }) => exerciseIds.includes(id))
    .flatMap(({ id, number, title, task }) => {
      const name = `${number.slice(1)} ${title}`;
      const named: Omit<Entry, "id" | "text"> = {
        lectureNumber: frontMatter.number,
        lectureTitle: frontMatter.title,
        kind: "section",
        href: `/lectures/${frontMatter.slug}#exercise-${id}`,
        section: name,
        title: `${number} ${name}`,
      };
      return [
        { ...named, text: plainText(task), exercise: { id, hasTask: true } },
        { ...named, text: "", exercise: { id, hasTask: false } },
      ];
    });
}

function hitOf(
  { id: _, title: _title, text, exercise: _part, ...hit }: Entry,
  { terms }: SearchResult,
): SearchHit {
  return { ...hit, snippet: snippetOf(text, terms) };
}

/** The part of the text around the first word that was found, its found words marked. */
function snippetOf(text: string, terms: readonly string[]): SearchHit["snippet"] {
  const line = text.replace(/\s+/g, " ").trim();
  // As the index splits a text, so that a term is met as a whole word.
  const words = [...line.matchAll(/[^\p{Z}\p{P}]+/gu)];
  const isHit = (word: string) => terms.includes(word.toLowerCase());
  const first = words.find(([word]) => isHit(word))?.index ?? 0;
  const from = startOfWord(line, first - SNIPPET_CHARS / 3);
  const to = from + SNIPPET_CHARS;
  const parts: { text: string; isHit: boolean }[] = [];
  let at = from;
  for (const { 0: word, index } of words) {
    if (index < from || index + word.length > to || !isHit(word)) continue;
    parts.push({ text: line.slice(at, index), isHit: false }, { text: word, isHit: true });
    at = index + word.length;
  }
  const end = to >= line.length ? line.length : startOfWord(line, to);
  parts.push({ text: line.slice(at, Math.max(at, end)).trimEnd(), isHit: false });
  if (from > 0) parts.unshift({ text: "…", isHit: false });
  if (end < line.length) parts.push({ text: "…", isHit: false });
  return parts.filter(({ text: part }) => part !== "");
}

function startOfWord(line: string, near: number): number {
  return near <= 0 ? 0 : line.lastIndexOf(" ", near) + 1;
}
