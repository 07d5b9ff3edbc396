/** Reads a text block by block, and keeps what it has read: of a text that is typed little changes. */
import { createHash } from "node:crypto";
import type { RootContent as HtmlContent, RootContent } from "hast";
import type { Root } from "mdast";
import { visit } from "unist-util-visit";
import type { Heading, TextProblem } from "#notebook/document";
import { toFrontMatter } from "../../course/front-matter.ts";
import { examineLecture, type Located, toCell } from "../../course/lecture-text.ts";
import { CourseProblem } from "../../course/located-yaml.ts";
import { toBody } from "../../course/mdx/body.ts";
import { checkText, type TextFacts, tooDeep } from "../../course/mdx/check-text.ts";
import { TASK_COMPONENTS } from "../../course/mdx/components.ts";
import { parseMdx, TEXT_BYTES_MAX, TOO_DEEP } from "../../course/mdx/parse-mdx.ts";
import { splitBlocks, type TextBlock } from "./blocks.ts";
import type { DraftBlock, DraftReading, DraftText } from "./draft-reading.ts";

/** One block as it was parsed; the lines of its nodes are those of its present place. */
interface Parsed {
  readonly root: Root;
  line: number;
  /** What it is drawn as, by the ids of its headings. */
  readonly bodies: Map<string, Promise<Drawn>>;
}

interface Drawn {
  readonly content: readonly HtmlContent[];
  /** With lines from the block's beginning. */
  readonly problems: readonly Located[];
}

/** Several times what one lecture has. */
const KEPT_MAX = 3000;
/** What a message calls the text: the name is taken off again. */
const NAME = "text";

export class BlockReader {
  readonly #kept = new Map<string, Parsed>();

  async read({ kind, text, known }: DraftText): Promise<DraftReading> {
    if (Buffer.byteLength(text) > TEXT_BYTES_MAX)
      return onlyProblems(problemsOf(() => parseMdx(text, NAME)));
    const seen = new Map<string, number>();
    const parts = splitBlocks(text).map((block) => this.#parse(block, seen));
    const root: Root = {
      type: "root",
      children: parts.flatMap((part) => part.parsed?.root.children ?? []),
    };
    const examined = kind === "lecture" ? examineLecture(root, NAME) : examineTask(root);
    const problems = [...parts.flatMap((part) => part.problems), ...examined.problems];
    const has = new Set(known);
    const blocks: DraftBlock[] = [];
    for (const part of parts) {
      const block = await this.#draw(part, examined.facts, problems);
      if (block !== undefined)
        blocks.push(has.has(block.hash) ? { ...block, content: undefined } : block);
    }
    const { facts, frontMatter } = examined;
    return {
      blocks,
      problems: problems.toSorted((a, b) => a.line - b.line),
      facts,
      frontMatter: frontMatter && toFrontMatter(frontMatter.content),
      lines: {
        number: frontMatter?.lineOf(["number"]) ?? 1,
        slug: frontMatter?.lineOf(["slug"]) ?? 1,
        covers: frontMatter?.lineOf(["covers"]) ?? 1,
      },
      cells: facts.cells.map(toCell),
    };
  }

  #parse(block: TextBlock, seen: Map<string, number>): Part {
    // The same words may stand twice in a text, each at its own lines.
    const count = (seen.get(block.source) ?? 0) + 1;
    seen.set(block.source, count);
    const key = `${count} ${block.source}`;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      moveTo(known, block.line);
      return { block, parsed: known, problems: [] };
    }
    const problems: TextProblem[] = [];
    try {
      // Lines above it are left empty, so that messages name its real place.
      const root = parseMdx("\n".repeat(block.line - 1) + block.source, NAME);
      const deep = tooDeep(root);
      if (deep !== undefined) problems.push({ line: deep.line, message: TOO_DEEP });
      else {
        const parsed = { root, line: block.line, bodies: new Map() };
        this.#keep(key, parsed);
        return { block, parsed, problems };
      }
    } catch (error) {
      problems.push(...problemsIn(error));
    }
    return { block, parsed: undefined, problems };
  }

  #keep(key: string, parsed: Parsed): void {
    this.#kept.set(key, parsed);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break;
      this.#kept.delete(oldest);
    }
  }

  /** A block with something wrong in it is drawn as what is wrong; front matter as nothing. */
  async #draw(
    { block, parsed }: Part,
    facts: TextFacts,
    problems: TextProblem[],
  ): Promise<DraftBlock | undefined> {
    const end = block.line + block.source.split("\n").length;
    const isIn = ({ line }: { line: number }) => line >= block.line && line < end;
    if (parsed?.root.children[0]?.type === "yaml") return undefined;
    const wrong = problems.filter(isIn);
    const headings = facts.headings.filter(isIn);
    const ids = headings.map(({ id }) => id).join(" ");
    const hash = hashOf(`${ids}\n${block.source}`);
    const place = { hash, line: block.line };
    if (parsed === undefined || wrong.length > 0) return broken(place, wrong);
    let drawing = parsed.bodies.get(ids);
    if (drawing === undefined) {
      drawing = draw(parsed, headings);
      parsed.bodies.set(ids, drawing);
    }
    const drawn = await drawing;
    if (drawn.problems.length === 0) return { ...place, content: drawn.content, problems: [] };
    const formulas = drawn.problems.map(({ line, message }) => ({
      line: line + block.line,
      message,
    }));
    problems.push(...formulas);
    return broken(place, formulas);
  }
}

interface Part {
  readonly block: TextBlock;
  /** undefined: it cannot be parsed. */
  readonly parsed: Parsed | undefined;
  readonly problems: readonly TextProblem[];
}

function broken(
  { hash, line }: { hash: string; line: number },
  problems: readonly TextProblem[],
): DraftBlock {
  const told = problems.map((problem) => `${problem.line} ${problem.message}`).join("\n");
  return { hash: hashOf(`${hash}\n${told}`), line, content: [], problems };
}

async function draw({ root, line }: Parsed, headings: readonly Heading[]): Promise<Drawn> {
  const { body, problems } = await toBody(root, headings);
  return {
    content: body.children.filter((node: RootContent) => node.type === "element"),
    problems: problems.map((problem) => ({ ...problem, line: problem.line - line })),
  };
}

/** Lines and nothing else: no message names a column. */
function moveTo(parsed: Parsed, line: number): void {
  const by = line - parsed.line;
  if (by === 0) return;
  parsed.line = line;
  visit(parsed.root, ({ position }) => {
    if (position === undefined) return;
    position.start.line += by;
    position.end.line += by;
  });
}

function examineTask(root: Root) {
  return { ...checkText(root, TASK_COMPONENTS), frontMatter: undefined };
}

function problemsOf(parse: () => unknown): TextProblem[] {
  try {
    parse();
    return [];
  } catch (error) {
    return problemsIn(error);
  }
}

function problemsIn(error: unknown): TextProblem[] {
  if (error instanceof RangeError) return [{ line: 1, message: TOO_DEEP }];
  if (!(error instanceof CourseProblem)) throw error;
  return error.problems.map((problem) => {
    const [, line = "1", message = problem] = /^text:(\d+): ([\s\S]*)$/.exec(problem) ?? [];
    return { line: Number(line), message };
  });
}

export function onlyProblems(problems: readonly TextProblem[]): DraftReading {
  const { facts } = checkText({ type: "root", children: [] }, TASK_COMPONENTS);
  const lines = { number: 1, slug: 1, covers: 1 };
  return { blocks: [], problems, facts, frontMatter: undefined, lines, cells: [] };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
