/** The text of one lecture, or of what an exercise asks, parsed and checked by itself. */
import type { Root as HtmlRoot } from "hast";
import type { Root } from "mdast";
import type { Cell, LectureDocument } from "#notebook/document";
import { FrontMatterYaml, toFrontMatter } from "./front-matter.ts";
import { CourseProblem, parseYaml } from "./located-yaml.ts";
import { anchorsOf } from "./mdx/anchors.ts";
import { toBody } from "./mdx/body.ts";
import { checkText, type TextFacts, tooDeep } from "./mdx/check-text.ts";
import { LECTURE_COMPONENTS, TASK_COMPONENTS } from "./mdx/components.ts";
import { markdownParts } from "./mdx/markdown-parts.ts";
import { parseMdx, TOO_DEEP } from "./mdx/parse-mdx.ts";

/** A stretch of a lecture, in its order, for files that other programs open. */
export type LecturePart =
  | { readonly kind: "markdown"; readonly text: string }
  | { readonly kind: "cell"; readonly id: string }
  | { readonly kind: "exercise"; readonly id: string };

export interface LectureText {
  /** Its cells have no stored outputs yet, and its pictures have not been looked at. */
  readonly document: LectureDocument;
  readonly facts: TextFacts;
  readonly parts: readonly LecturePart[];
  /** Lines of the front matter that other files are compared with. */
  readonly lines: { readonly number: number; readonly slug: number; readonly covers: number };
}

/** Throws a `CourseProblem` with everything that is wrong, by line. */
export async function parseLecture(text: string, name: string): Promise<LectureText> {
  const root = parseMdx(text, name);
  refuseDepth(root, name);
  const { frontMatter, facts, problems } = examineLecture(root, name);
  // A tree with something refused in it is not made a page of.
  if (problems.length > 0 || frontMatter === undefined) throw courseProblem(name, problems);
  const parts = markdownParts(root, text);
  const { body, problems: inFormulas } = await toBody(root, facts.headings);
  if (inFormulas.length > 0) throw courseProblem(name, inFormulas);
  const { content, lineOf } = frontMatter;
  return {
    document: {
      frontMatter: toFrontMatter(content),
      headings: facts.headings.map(({ id, depth, text: title }) => ({ id, depth, text: title })),
      cells: facts.cells.map(toCell),
      exerciseIds: facts.exercises.map(({ id }) => id),
      pictures: [],
      wordCount: facts.wordCount,
      body,
    },
    facts,
    parts,
    lines: { number: lineOf(["number"]), slug: lineOf(["slug"]), covers: lineOf(["covers"]) },
  };
}

/** What a lecture's tree holds, and all that is wrong in it. */
export function examineLecture(root: Root, name: string) {
  const problems: Located[] = [];
  const frontMatter = readFrontMatter(root, name, problems);
  const { facts, problems: inText } = checkText(root, LECTURE_COMPONENTS);
  problems.push(...inText, ...repeatedIds(facts), ...unknownCells(facts));
  return { frontMatter, facts, problems };
}

/** What an exercise asks: Markdown with notes, no cells. Throws a `CourseProblem`. */
export async function parseTask(
  text: string,
  name: string,
): Promise<{ readonly body: HtmlRoot; readonly facts: TextFacts }> {
  const root = parseMdx(text, name);
  refuseDepth(root, name);
  const { facts, problems } = checkText(root, TASK_COMPONENTS);
  if (problems.length > 0) throw courseProblem(name, problems);
  const { body, problems: inFormulas } = await toBody(root, facts.headings);
  if (inFormulas.length > 0) throw courseProblem(name, inFormulas);
  return { body, facts };
}

export interface Located {
  readonly line: number;
  readonly message: string;
}

function courseProblem(name: string, problems: readonly Located[]): CourseProblem {
  const sorted = problems.toSorted((a, b) => a.line - b.line);
  return new CourseProblem(sorted.map(({ line, message }) => `${name}:${line}: ${message}`));
}

function refuseDepth(root: Root, name: string): void {
  const deep = tooDeep(root);
  if (deep) throw courseProblem(name, [{ line: deep.line, message: TOO_DEEP }]);
}

function readFrontMatter(root: Root, name: string, problems: Located[]) {
  const [first] = root.children;
  if (first?.type !== "yaml") {
    const message = "the front matter is missing: begin with ---, number, slug, title … and ---";
    problems.push({ line: 1, message });
    return undefined;
  }
  try {
    return parseYaml(first.value, name, FrontMatterYaml, 2);
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    for (const problem of error.problems) {
      const [, line = "1", message = ""] = /:(\d+): ([\s\S]*)/.exec(problem) ?? [];
      problems.push({ line: Number(line), message });
    }
    return undefined;
  }
}

export function toCell({ id, title, source }: TextFacts["cells"][number], index: number): Cell {
  return { id, number: index + 1, source, ...(title && { title }), storedOutputs: [] };
}

function repeatedIds(facts: TextFacts): Located[] {
  const first = new Map<string, number>();
  return anchorsOf(facts)
    .toSorted((a, b) => a.line - b.line)
    .flatMap(({ id, line }) => {
      const before = first.get(id);
      if (before === undefined) {
        first.set(id, line);
        return [];
      }
      const what = id.startsWith("cell-")
        ? `cell ${id.slice(5)}`
        : id.startsWith("exercise-")
          ? `exercise ${id.slice(9)}`
          : id;
      return [{ line, message: `${what} stands in line ${before}, too: choose another id` }];
    });
}

function unknownCells(facts: TextFacts): Located[] {
  const cells = new Set(facts.cells.map(({ id }) => id));
  return facts.predictions
    .filter(({ id }) => !cells.has(id))
    .map(({ id, line }) => ({
      line,
      message: `<Predict>: there is no cell ${id} in this lecture: name one`,
    }));
}
