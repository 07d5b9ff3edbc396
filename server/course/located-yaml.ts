/** A YAML text read with a schema; what is wrong in it is told with file and line. */
import { readFileSync } from "node:fs";
import { isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";

/** Something in the course's files is wrong: `file:line: what and how to mend it`. */
export class CourseProblem extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Ten times the longest; how long reading takes grows with it. */
const YAML_BYTES_MAX = 64 * 1024;
const PROBLEMS_MAX = 20;

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
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) {
    throw new CourseProblem([
      `${name}:${firstLine}: the YAML has more than ${YAML_BYTES_MAX / 1024} KiB: make it shorter`,
    ]);
  }
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const document = parseDocument(text, {
    lineCounter: lines,
    // Both take time that grows with the square of the text: keys are compared below.
    prettyErrors: false,
    uniqueKeys: false,
  });
  if (document.errors.length > 0) {
    throw new CourseProblem(
      document.errors
        .slice(0, PROBLEMS_MAX)
        .map(
          ({ pos, message }) =>
            `${name}:${lineAt(pos[0])}: ${message.split("\n")[0]?.replace(/ at line \d+.*$/, "")}: mend the YAML here`,
        ),
    );
  }
  const repeated = repeatedKeys(document).slice(0, PROBLEMS_MAX);
  if (repeated.length > 0) {
    throw new CourseProblem(
      repeated.map((at) => `${name}:${lineAt(at)}: Map keys must be unique: mend the YAML here`),
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

/** Where keys stand that their map has already. */
function repeatedKeys(document: ReturnType<typeof parseDocument>): number[] {
  const places: number[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) places.push(key.range?.[0] ?? 0);
        seen.add(key.value);
      }
    },
  });
  return places;
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
