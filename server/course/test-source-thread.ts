/** Runs in a thread of its own: looks at sources of tests one after the other. See `test-source.ts`. */
import { parentPort } from "node:worker_threads";
import { tsPlugin } from "@sveltejs/acorn-typescript";
import { Parser } from "acorn";
import type { SourceProblem } from "./test-source.ts";

// Not the runtime's own: with it come the realm and the simulator, which take seconds to load.
const TypeScriptParser = Parser.extend(tsPlugin());

parentPort?.on("message", (source: string) => parentPort?.postMessage(problemIn(source)));

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly name?: unknown;
}

function problemIn(source: string): SourceProblem | undefined {
  const at = (offset: number, message: string): SourceProblem => ({
    line: source.slice(0, offset).split("\n").length,
    message,
  });
  try {
    const program = TypeScriptParser.parse(source, {
      ecmaVersion: "latest",
      sourceType: "module",
      // The parser asks for them.
      locations: true,
    });
    for (const node of nodesOf(program)) {
      const what = loads(node);
      if (what === undefined) continue;
      const remedy = 'write `import … from "./file.ts"` at the top of the file';
      return at(node.start, `${what} is not allowed: ${remedy}`);
    }
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return at(0, "it is nested too deeply: make it flat");
    if (!(error instanceof SyntaxError && "pos" in error)) throw error;
    return at(Number(error.pos), `${error.message.replace(/ ?\(\d+:\d+\)$/, "")}: mend it`);
  }
}

/** What of a file loads another one while it runs. */
function loads({ type, name }: SyntaxNode): string | undefined {
  if (type === "ImportExpression") return "import(…)";
  if (type === "TSExternalModuleReference") return "require(…)";
  return type === "Identifier" && name === "require" ? "require" : undefined;
}

function* nodesOf(program: object): Generator<SyntaxNode> {
  const open: object[] = [program];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isNode(next)) yield next;
    for (const value of Object.values(next)) {
      if (typeof value === "object" && value !== null) open.push(value);
    }
  }
}

function isNode(value: object): value is SyntaxNode {
  return "type" in value && typeof value.type === "string" && "start" in value;
}
