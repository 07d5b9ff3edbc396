/** All cells of a lecture as one TypeScript module; headings and titles are comments. */
import { constants } from "#kernel-sim";
import type { Cell } from "#notebook/document";
import { compileCell } from "#notebook/runtime";
import type { PlacedLecture } from "../course-check.ts";
import type { Origin } from "./download.ts";

/** Names that a file imports, by where they come from. */
const MODULES: readonly (readonly [string, ReadonlySet<string>])[] = [
  ["kernel-sim", new Set(["boot", "bpf", "i386", "recordings", ...Object.keys(constants)])],
  ["course-data", new Set(["earlyLinux", "linuxStatistics", "unixFamily"])],
];

/** What a cell shows by its last expression, the file shows by `display()`. */
export function cellsFile(
  { document, parts }: Pick<PlacedLecture, "document" | "parts">,
  origin: Origin,
): string {
  const { frontMatter, cells } = document;
  const used = new Set<string>();
  const blocks = parts.flatMap((part) => {
    if (part.kind === "markdown") return headingsIn(part.text);
    const cell = part.kind === "cell" ? cells.find(({ id }) => id === part.id) : undefined;
    if (cell === undefined) return [];
    const compiled = compileCell(cell.source);
    if (compiled.kind === "refused") return [`// Cell ${cell.number} does not compile.`];
    for (const name of compiled.names.reads) used.add(name);
    return [`// ${labelOf(cell)}\n${statementsOf(cell, compiled.answer?.source)}`];
  });
  const imports = MODULES.flatMap(([module, names]) => {
    const imported = [...used].filter((name) => names.has(name)).sort();
    return imported.length > 0 ? [`import { ${imported.join(", ")} } from "${module}";`] : [];
  });
  return [
    `// ${frontMatter.number}: ${frontMatter.title}\n// ${origin.url}`,
    // A file without import or export is no module, and `await` may stand in modules only.
    imports.length > 0 ? imports.join("\n") : "export {};",
    ...blocks,
  ].join("\n\n");
}

function headingsIn(markdown: string): string[] {
  let isCode = false;
  return markdown.split("\n").flatMap((line) => {
    if (/^(?:```|~~~|\$\$)/.test(line)) isCode = !isCode;
    return !isCode && /^#{2,3} /.test(line) ? [`// ${line}`] : [];
  });
}

function labelOf({ number, title, id }: Cell): string {
  return `Cell ${number} (${id})${title === undefined ? "" : `: ${title}`}`;
}

function statementsOf({ source }: Cell, answer: { line: number; column: number } | undefined) {
  const text = source.trimEnd();
  if (answer === undefined) return text;
  const lines = text.split("\n");
  const before = lines.slice(0, answer.line - 1);
  const line = lines[answer.line - 1] ?? "";
  const front = [...before, line.slice(0, answer.column - 1)].join("\n");
  const expression = [line.slice(answer.column - 1), ...lines.slice(answer.line)].join("\n");
  // Its own line, in case the expression ends in a comment.
  return `${front}display(\n${expression.replace(/;$/, "")}\n);`;
}
