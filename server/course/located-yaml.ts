/** A YAML text read with a schema; what is wrong in it is told with file and line. */
import { readFileSync } from "node:fs";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

/** Something in the course's files is wrong: `file:line: what and how to mend it`. */
export class CourseProblem extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** What was read, and where in the file each part of it stands. */
export interface LocatedContent<T> {
  readonly content: T;
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/** Throws a `CourseProblem`. `name` is how the file is called in messages. */
export function readYaml<T>(file: string, name: string, schema: z.ZodType<T>): LocatedContent<T> {
  return parseYaml(readText(file, name), name, schema);
}

/** The same for a text that begins at `firstLine` of its file. Throws a `CourseProblem`. */
export function parseYaml<T>(
  text: string,
  name: string,
  schema: z.ZodType<T>,
  firstLine = 1,
): LocatedContent<T> {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new CourseProblem(
      document.errors.map(
        ({ pos, message }) =>
          `${name}:${lineAt(pos[0])}: ${message.split("\n")[0]?.replace(/ at line \d+.*$/, "")}: mend the YAML here`,
      ),
    );
  }
  /** The nearest place that is there: a missing key is told at what should hold it. */
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return firstLine;
  };
  // A chain of aliases that grows without end is refused by the parser itself.
  const parsed = schema.safeParse(toPlain(document, name, firstLine));
  if (parsed.success) return { content: parsed.data, lineOf };
  throw new CourseProblem(
    parsed.error.issues.map(({ path, message }) => {
      const where = path.length > 0 ? `${path.join(".")}: ` : "";
      return `${name}:${lineOf(path)}: ${where}${message}`;
    }),
  );
}

function toPlain(document: ReturnType<typeof parseDocument>, name: string, line: number): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CourseProblem([`${name}:${line}: ${why}: write the values out`]);
  }
}

export function readText(file: string, name: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CourseProblem([`${name}:1: the file is missing: add it`]);
  }
}
