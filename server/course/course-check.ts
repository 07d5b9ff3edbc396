/** What only the whole course can tell: ids met twice, links and references that lead nowhere. */
import { basename } from "node:path";
import type { LectureText } from "./lecture-text.ts";
import { anchorsOf } from "./mdx/anchors.ts";
import type { TextFacts } from "./mdx/check-text.ts";
import type { LinkTarget } from "./mdx/links.ts";
import { PICTURES } from "./pictures/picture-file.ts";
import type { PicturesBeside } from "./pictures/pictures-beside.ts";
import type { TaskText } from "./reading.ts";

/** A lecture that was read, with the folder that it lies in. */
export interface PlacedLecture extends LectureText {
  readonly folder: string;
  /** How its file is called in messages. */
  readonly name: string;
  readonly pictures: PicturesBeside;
}

export interface PlacedTask extends TaskText {
  readonly folder: string;
  readonly name: string;
  readonly pictures: PicturesBeside;
  readonly exerciseId: string;
  readonly slug: string;
}

export interface Course {
  readonly lectures: readonly PlacedLecture[];
  readonly tasks: readonly PlacedTask[];
  readonly exercises: readonly {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
  }[];
  readonly topics: ReadonlyMap<number, string>;
}

/** Each as `file:line: what: remedy`. */
export function checkCourse(course: Course): string[] {
  return [
    ...course.lectures.flatMap((lecture) => checkFrontMatter(lecture, course.topics)),
    ...repeatedInCourse(course),
    ...exerciseProblems(course),
    ...course.lectures.flatMap((lecture) => pictureProblems(lecture, "lecture")),
    ...course.tasks.flatMap((task) => pictureProblems(task, "task")),
    ...deadLinks(course),
  ];
}

/** Whether all the exercises that the lecture shows are there. */
export function hasItsExercises({ facts, folder }: PlacedLecture, { exercises }: Course): boolean {
  const slug = basename(folder);
  return facts.exercises.every(({ id }) => exercises.some((e) => e.id === id && e.slug === slug));
}

function checkFrontMatter(
  { document, folder, lines, name }: PlacedLecture,
  topics: Course["topics"],
): string[] {
  const { slug, covers, number } = document.frontMatter;
  const problems: string[] = [];
  const own = basename(folder);
  if (slug !== own) problems.push(`${name}:${lines.slug}: slug: the folder is ${own}: write that`);
  if (number !== `L${own.slice(0, 2)}`) {
    problems.push(
      `${name}:${lines.number}: number: write L${own.slice(0, 2)}, as in the folder's name`,
    );
  }
  covers.forEach((topic, index) => {
    const where = `${name}:${lines.covers}: covers:`;
    if (!topics.has(topic)) problems.push(`${where} topics.yaml has no ${topic}: take it out`);
    if (covers.indexOf(topic) < index)
      problems.push(`${where} ${topic} stands twice: take one out`);
  });
  return problems;
}

function repeatedInCourse({ lectures }: Course): string[] {
  const problems: string[] = [];
  for (const kind of ["cells", "figures", "exercises"] as const) {
    const first = new Map<string, string>();
    for (const { name, facts } of lectures) {
      for (const { id, line } of facts[kind]) {
        const before = first.get(id);
        // Twice in one lecture is told with that lecture.
        if (before !== undefined && !before.startsWith(`${name}:`)) {
          const what = kind.slice(0, -1);
          problems.push(`${name}:${line}: ${what} ${id} is in ${before}, too: choose another id`);
        }
        first.set(id, before ?? `${name}:${line}`);
      }
    }
  }
  return problems;
}

/** Files that are no pictures, and pictures that are not there. */
export function pictureProblems(
  {
    name,
    facts,
    pictures,
  }: Pick<PlacedTask, "name" | "pictures"> & { readonly facts: Pick<TextFacts, "pictures"> },
  beside: "lecture" | "task",
): string[] {
  const folder = name.replace(/[^/]*$/, PICTURES);
  const refused = [...pictures].flatMap(([file, { reading }]) =>
    reading.kind === "refused" ? [`${folder}/${file}:${reading.line}: ${reading.message}`] : [],
  );
  const missing = facts.pictures.filter(({ file }) => !pictures.has(file));
  return [
    ...refused,
    ...missing.map(
      ({ file, line }) =>
        `${name}:${line}: <Picture>: there is no ${PICTURES}/${file} beside the ${beside}: add it, or take the line out`,
    ),
  ];
}

function exerciseProblems({ lectures, exercises }: Course): string[] {
  const problems: string[] = [];
  const shown = new Set<string>();
  for (const { name, facts, folder } of lectures) {
    for (const { id, line } of facts.exercises) {
      shown.add(id);
      if (exercises.some((exercise) => exercise.id === id && exercise.slug === basename(folder)))
        continue;
      problems.push(
        `${name}:${line}: <Exercise>: there is no folder exercises/${id} beside the lecture: add it or take the line out`,
      );
    }
  }
  for (const { id, slug, name } of exercises) {
    const hasLecture = lectures.some(({ folder }) => basename(folder) === slug);
    if (hasLecture && !shown.has(id)) {
      problems.push(
        `${name}:1: no lecture shows this exercise: write <Exercise id="${id}" /> in it`,
      );
    }
  }
  return problems;
}

function deadLinks({ lectures, tasks }: Course): string[] {
  const anchors = new Map(
    lectures.map(({ folder, facts }) => [
      basename(folder),
      new Set(anchorsOf(facts).map(({ id }) => id)),
    ]),
  );
  const texts = [
    ...lectures.map(({ folder, facts, name }) => ({ slug: basename(folder), facts, name })),
    ...tasks,
  ];
  return texts.flatMap(({ slug, facts, name }) =>
    facts.links
      .filter(({ to }) => !leadsSomewhere(to, slug))
      .map(
        ({ url, line }) =>
          `${name}:${line}: ${url} leads nowhere: write the id of a heading, figure or cell (#cell-…)`,
      ),
  );

  function leadsSomewhere(to: LinkTarget, from: string): boolean {
    if (to.kind !== "course") return true;
    const there = anchors.get(to.slug ?? from);
    return there !== undefined && (to.anchor === undefined || there.has(to.anchor));
  }
}
