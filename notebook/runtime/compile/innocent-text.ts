/**
 * SES refuses every source that holds the text of a dynamic import, a direct eval or an HTML-like
 * comment, even inside a string. Real ones were refused on the tree before; what is left is
 * innocent, and is written differently here.
 */

import type { Edits } from "./edits.ts";
import { below, CompileProblem, nameOf, type SyntaxNode } from "./parse.ts";

/** As SES looks for them: group 1 is the text in front. */
const WORDS = /((?:^|[^.]|\.\.\.)\b)(?:import(?=\s*(?:\(|\/[/*]))|eval(?=\s*\())/g;
const ARROWS = /<!--|-->/g;

/**
 * Changes innocent text of `printed`, the source without types and comments, so that SES takes it.
 * Throws a `CompileProblem` where it cannot be written differently.
 */
export function escapeInnocentText(program: SyntaxNode, printed: string, edits: Edits): void {
  const words = [...printed.matchAll(WORDS)].map((match) => match.index + (match[1]?.length ?? 0));
  const arrows = [...printed.matchAll(ARROWS)].map((match) => match.index);
  if (words.length + arrows.length === 0) return;
  const texts = textsOf(program);
  // The second letter: in front of the first could be a backslash. `i\x6dport`, `e\x76al`.
  for (const at of words) escapeLetter(at + 1);
  for (const at of arrows) {
    const isOpening = printed.startsWith("<!--", at);
    // The last character: in a regular expression the others can be syntax.
    if (texts(at) !== "code") escapeLetter(at + (isOpening ? 3 : 2));
    else edits.insert(at + 2, " ");
  }

  function escapeLetter(at: number): void {
    const kind = texts(at);
    if (kind === "code") {
      throw new CompileProblem("`import(...)` and a direct `eval(...)` cannot run here.", at);
    }
    const code = printed.charCodeAt(at).toString(16);
    edits.put(at, "\\");
    edits.insert(at + 1, kind === "name" ? `u00${code}` : `x${code}`);
  }
}

/** Throws a `CompileProblem` for a dynamic import, a direct eval and `import.meta`. */
export function refuseLoading(node: SyntaxNode): void {
  const refusal = refusalOf(node);
  if (refusal !== undefined) throw new CompileProblem(refusal, node.start);
  for (const part of below(node)) refuseLoading(part);
}

function refusalOf(node: SyntaxNode): string | undefined {
  if (node.type === "ImportExpression") {
    return 'Nothing can be loaded while a cell runs. Write `import { name } from "kernel-sim"`.';
  }
  if (node.type === "MetaProperty" && nameOf(node["meta"] as SyntaxNode) === "import") {
    return "`import.meta` is not there: a cell is no file.";
  }
  const callee = node.type === "CallExpression" ? (node["callee"] as SyntaxNode) : undefined;
  if (callee?.type === "Identifier" && nameOf(callee) === "eval") {
    return "A direct `eval(...)` cannot run here. Write the code itself.";
  }
  return undefined;
}

type TextKind = "code" | "literal" | "name";

/** What an offset is part of: a literal, the name of a property, or other code. */
function textsOf(program: SyntaxNode): (offset: number) => TextKind {
  const ranges: { start: number; end: number; kind: TextKind }[] = [];
  const collect = (node: SyntaxNode, isName: boolean) => {
    const { type, start, end } = node;
    if (type === "Literal" || type === "TemplateElement")
      ranges.push({ start, end, kind: "literal" });
    if (type === "Identifier" && isName) ranges.push({ start, end, kind: "name" });
    for (const part of below(node)) collect(part, part === node["key"] && !node["computed"]);
  };
  collect(program, false);
  return (offset) =>
    ranges.find(({ start, end }) => start <= offset && offset < end)?.kind ?? "code";
}
