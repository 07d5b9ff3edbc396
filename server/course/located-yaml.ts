/** A YAML file read with a schema; what is wrong in it is told with file and line. */
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

/** Throws a `CourseProblem`. `name` is how the file is called in messages. */
export function readYaml<T>(
  file: string,
  name: string,
  schema: z.ZodType<T>,
): { readonly content: T; readonly lineOf: (path: readonly PropertyKey[]) => number } {
  const lines = new LineCounter();
  const document = parseDocument(readText(file, name), { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new CourseProblem(
      document.errors.map(
        ({ pos, message }) =>
          `${name}:${lines.linePos(pos[0]).line}: ${message.split("\n")[0]?.replace(/ at line \d+.*$/, "")}`,
      ),
    );
  }
  /** The nearest place that is there: a missing key is told at what should hold it. */
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { content: parsed.data, lineOf };
  throw new CourseProblem(
    parsed.error.issues.map(({ path, message }) => {
      const where = path.length > 0 ? `${path.join(".")}: ` : "";
      return `${name}:${lineOf(path)}: ${where}${message}`;
    }),
  );
}

export function readText(file: string, name: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CourseProblem([`${name}:1: the file is missing`]);
  }
}
