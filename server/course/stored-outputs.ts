/** `outputs.json` beside a lecture: what each of its cells leaves behind. */
import { z } from "zod";
import type { Output } from "#notebook/document";
import { CourseProblem } from "./located-yaml.ts";

const Position = z.object({ cellId: z.string(), line: z.int(), column: z.int() });
const Bundle = z.looseObject({ "text/plain": z.string() });

const OutputJson: z.ZodType<Output> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("stream"), stream: z.enum(["stdout", "stderr"]), text: z.string() }),
  z.object({ kind: z.literal("display"), bundle: Bundle }),
  z.object({ kind: z.literal("result"), bundle: Bundle }),
  z.object({
    kind: z.literal("error"),
    name: z.string(),
    message: z.string(),
    frames: z.array(Position),
  }),
  z.object({ kind: z.literal("truncated"), omittedBytes: z.int() }),
]);

/** By the cell's id. */
export type StoredOutputs = Readonly<Record<string, readonly Output[]>>;

const OutputsJson = z.record(z.string(), z.array(OutputJson));

/** Throws a `CourseProblem`. */
export function parseOutputs(text: string, name: string): StoredOutputs {
  const remedy = "have it written by `npm run -s content:check -- --write`";
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CourseProblem([`${name}:1: this is no JSON: ${remedy}`]);
  }
  const parsed = OutputsJson.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CourseProblem([
    `${name}:1: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is malformed"}: ${remedy}`,
  ]);
}

/** As it is stored: ids in the lecture's order, one output a line. */
export function printOutputs(outputs: StoredOutputs): string {
  const cells = Object.entries(outputs).map(([id, list]) => {
    const lines = list.map((output) => `    ${JSON.stringify(output)}`);
    return `  ${JSON.stringify(id)}: [${lines.length > 0 ? `\n${lines.join(",\n")}\n  ` : ""}]`;
  });
  return `{\n${cells.join(",\n")}\n}\n`;
}
