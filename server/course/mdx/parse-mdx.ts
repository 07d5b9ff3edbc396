/** MDX into a tree of Markdown: parsed, never evaluated. */
import type { Root } from "mdast";
import remarkFrontmatter from "remark-frontmatter";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import remarkMdx from "remark-mdx";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { CourseProblem } from "../located-yaml.ts";

/** About five times the longest lecture. */
export const TEXT_BYTES_MAX = 256 * 1024;

export const TOO_DEEP = "quotes, lists or brackets lie too deep in one another: make them flat";

const parser = unified()
  .use(remarkParse)
  .use(remarkMdx)
  .use(remarkFrontmatter, ["yaml"])
  .use(remarkGfm, { singleTilde: false })
  .use(remarkMath);

/** Throws a `CourseProblem` that names the line. */
export function parseMdx(text: string, name: string): Root {
  const bytes = Buffer.byteLength(text);
  if (bytes > TEXT_BYTES_MAX) {
    throw new CourseProblem([
      `${name}:1: the text has ${Math.ceil(bytes / 1024)} KiB, at most ${TEXT_BYTES_MAX / 1024} are read: split it`,
    ]);
  }
  try {
    return parser.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new CourseProblem([`${name}:1: ${TOO_DEEP}`]);
    if (!isParseError(error)) throw error;
    throw new CourseProblem([
      `${name}:${lineOf(error)}: ${error.reason}: ${remedyFor(error.reason)}`,
    ]);
  }
}

interface ParseError {
  readonly reason: string;
  readonly line?: number;
}

function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && "reason" in error && typeof error.reason === "string";
}

/** A tag that is never closed is told at the end of the text, which has no place: it names its own. */
function lineOf({ line, reason }: ParseError): number {
  return line ?? Number(/\((\d+):\d+/.exec(reason)?.[1] ?? 1);
}

function remedyFor(reason: string): string {
  if (/closing tag|closing slash|end-tag/i.test(reason))
    return "each <Component> needs its </Component>, or /> at its end";
  if (/expression|acorn|esm/i.test(reason))
    return "nothing is evaluated here: write \\{ for a brace";
  if (/in name|before name|before attribute|comment/i.test(reason))
    return "write \\< where no component begins, and leave HTML out";
  return "mend the MDX here";
}
