/**
 * Small mistakes in a solution: each is the whole text with one place changed, as in mutation testing
 * (DeMillo, Lipton, Sayward 1978). What the changes are follows the operators of Stryker and PIT.
 */
import { below, parse, type SyntaxNode } from "#notebook/runtime";

/** One wrong program. */
export interface Mutant {
  /** In the solution, from 1. */
  readonly line: number;
  /** What was changed, for a reader: `a < b → a <= b`. */
  readonly what: string;
  readonly source: string;
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const BINARY: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "**": "*",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "&": "|",
  "|": "&",
  "^": "&",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "==": "!=",
  "!=": "==",
  "&&": "||",
  "||": "&&",
  "??": "&&",
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "<<=": ">>=",
  ">>=": "<<=",
  "&=": "|=",
  "|=": "&=",
};

const SHOWN_MAX = 60;

/** All changes in the order of the text, at most `max`, taken evenly from the whole of it. */
export function mutantsOf(source: string, max: number): Mutant[] {
  const changes = [...changesOf(source)].sort((a, b) => a.start - b.start || a.end - b.end);
  const count = Math.min(changes.length, max);
  return Array.from({ length: count }, (_, n) => changes[Math.floor((n * changes.length) / count)])
    .filter((change) => change !== undefined)
    .map((change) => mutantOf(source, change));
}

function* changesOf(source: string): Generator<Change> {
  const open: SyntaxNode[] = [parse(source).program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isType(node)) continue;
    yield* changesAt(node, source);
    for (const inner of below(node)) open.push(inner);
  }
}

/** Types are gone when a program runs, and what is imported has its name from elsewhere. */
function isType({ type }: SyntaxNode): boolean {
  return (type.startsWith("TS") && !KEEPS_ITS_VALUE.has(type)) || type === "ImportDeclaration";
}

const KEEPS_ITS_VALUE = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"]);

function* changesAt(node: SyntaxNode, source: string): Generator<Change> {
  const field = (name: string) => node[name] as SyntaxNode;
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
    case "AssignmentExpression":
      yield* otherOperator(node, source);
      return;
    case "UnaryExpression":
      if (node["operator"] === "!" || node["operator"] === "-" || node["operator"] === "~") {
        yield { start: node.start, end: field("argument").start, text: "" };
      }
      return;
    case "UpdateExpression": {
      const text = node["operator"] === "++" ? "--" : "++";
      const start = node["prefix"] === true ? node.start : node.end - 2;
      yield { start, end: start + 2, text };
      return;
    }
    case "IfStatement":
    case "ConditionalExpression":
      yield { ...field("test"), text: "true" };
      yield { ...field("test"), text: "false" };
      return;
    case "WhileStatement":
      yield { ...field("test"), text: "false" };
      return;
    case "Literal":
      yield* otherLiteral(node);
      return;
    case "ExpressionStatement":
      if (node["directive"] === undefined) yield { start: node.start, end: node.end, text: ";" };
      return;
    case "BreakStatement":
    case "ContinueStatement":
      yield { start: node.start, end: node.end, text: ";" };
      return;
    case "ArrayExpression":
      if ((node["elements"] as unknown[]).length > 0) yield { ...node, text: "[]" };
      return;
    // Of several lines it is a program in another language.
    case "TemplateLiteral":
      if (source.slice(node.start, node.end).includes("\n")) yield* lessAssembly(node, source);
  }
}

function* otherOperator(node: SyntaxNode, source: string): Generator<Change> {
  const operator = String(node["operator"]);
  const other = BINARY[operator];
  const [left, right] = [node["left"] as SyntaxNode, node["right"] as SyntaxNode];
  if (other === undefined) return;
  const at = source.slice(left.end, right.start).indexOf(operator);
  if (at < 0) return;
  const start = left.end + at;
  yield { start, end: start + operator.length, text: other };
}

function* otherLiteral(node: SyntaxNode): Generator<Change> {
  const { start, end, value, bigint } = node as SyntaxNode & { value: unknown; bigint?: string };
  const place = { start, end };
  if (typeof bigint === "string") yield { ...place, text: `${BigInt(bigint) + 1n}n` };
  else if (typeof value === "number") yield { ...place, text: String(value + 1) };
  else if (typeof value === "boolean") yield { ...place, text: String(!value) };
  else if (typeof value === "string" && value !== "") yield { ...place, text: '""' };
}

/** Each line of a program in a template without it, and with another number in it. */
function* lessAssembly(template: SyntaxNode, source: string): Generator<Change> {
  for (const { start, end } of template["quasis"] as SyntaxNode[]) {
    let at = start;
    for (const line of source.slice(start, end).split("\n")) {
      const code = line.replace(/[;#].*$|\/\/.*$/, "");
      const from = at + (code.length - code.trimStart().length);
      const to = at + code.trimEnd().length;
      at += line.length + 1;
      if (code.trim() === "" || /^\s*[\w.$]+:\s*$/.test(code)) continue;
      yield { start: from, end: to, text: "" };
      const number = /(?<![\w.])-?\d+$|(?<![\w.])0x[\da-f]+$/i.exec(source.slice(from, to));
      if (number !== null) {
        yield { start: from + number.index, end: to, text: String(Number(number[0]) + 1) };
      }
    }
  }
}

function mutantOf(source: string, { start, end, text }: Change): Mutant {
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = source.indexOf("\n", start);
  const before = source.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).trim();
  const changed = source.slice(0, start) + text + source.slice(end);
  const after = changed.slice(lineStart).split("\n", 1)[0]?.trim() ?? "";
  return {
    line: source.slice(0, start).split("\n").length,
    what: `${shown(before)} → ${after === "" ? "(nothing)" : shown(after)}`,
    source: changed,
  };
}

function shown(line: string): string {
  return line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line;
}
