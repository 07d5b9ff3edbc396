/**
 * Turns TypeScript into what a Compartment evaluates: an async function whose lines are those of
 * the source, with one line in front. Names that it declares stay ordinary variables, so they are
 * fast; the line in front hands out accessors to them, so that other cells see them live.
 */

import type { CellNames } from "../protocol.ts";
import { Edits, type Place, placesOf, type Shift, unshift } from "./edits.ts";
import { eraseTypes } from "./erase.ts";
import { collectExports, type ExportedName } from "./exports.ts";
import { blankImports, type ImportedModule } from "./imports.ts";
import { escapeInnocentText, refuseLoading } from "./innocent-text.ts";
import { CompileProblem, children, parse, type SyntaxNode } from "./parse.ts";
import { type Names, namesOf } from "./scope.ts";

/** A source that a realm can run. */
export interface Compiled {
  readonly kind: "compiled";
  /** An async function expression; its lines are one below those of the source. */
  readonly code: string;
  readonly imports: readonly ImportedModule[];
  readonly names: CellNames;
  /** Free names that must be there when they are read. */
  readonly required: readonly string[];
  readonly shifts: readonly Shift[];
  /** Where `return (` stands at the end of a line, and the expression that it belongs to. */
  readonly answer: { readonly evaluated: Place; readonly source: Place } | undefined;
}

/** A source that cannot run, and why. */
export interface CompileRefusal {
  readonly kind: "refused";
  readonly message: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

export type CompileResult = Compiled | CompileRefusal;

/** Compiles a cell: its last expression is what it answers, its names are there for other cells. */
export function compileCell(source: string): CompileResult {
  return compile(source, "cell");
}

/** Compiles a submission or a test file: one module, whose exports are collected. */
export function compileModule(source: string): CompileResult {
  return compile(source, "module");
}

/** The place in the source of a place in the evaluated code; undefined outside of the source. */
export function placeInSource(compiled: Compiled, evaluated: Place): Place | undefined {
  // V8 says of a name that is not there: it failed in the statement, and that begins here.
  const { answer } = compiled;
  const isAnswer = answer?.evaluated.line === evaluated.line;
  if (isAnswer && evaluated.column >= answer.evaluated.column) return answer.source;
  const place = { line: evaluated.line - 1, column: evaluated.column };
  return place.line < 1 ? undefined : unshift(place, compiled.shifts);
}

function compile(source: string, mode: "cell" | "module"): CompileResult {
  try {
    return translate(source, mode);
  } catch (error) {
    if (!(error instanceof CompileProblem)) throw error;
    const { line, column } = placesOf(source)(error.offset);
    return { kind: "refused", message: error.message, line, column };
  }
}

function translate(source: string, mode: "cell" | "module"): Compiled {
  const { program, comments } = parse(source);
  refuseLoading(program);
  const names = namesOf(program);
  const misplaced = names.free.find(({ name }) => name === "arguments");
  if (misplaced)
    throw new CompileProblem("`arguments` is there in a function only.", misplaced.offset);

  const edits = new Edits(source);
  for (const { start, end } of comments) edits.blank(start, end);
  const last = mode === "cell" ? lastExpression(program) : undefined;
  eraseTypes(program, source, edits, last);
  const imports = blankImports(program, source, names, edits);
  const host = hostName(names);
  const exports = collectExports(program, source, host, edits);
  escapeInnocentText(program, edits.print().text, edits);
  const returns = last && returnLast(last, source, edits);

  const { text, shifts } = edits.print();
  const front = [
    ...imports.map((one, index) => importLine(one, host, index)),
    mode === "cell" ? declareLine(names, host) : exportLine(exports, host),
    returns?.line === 1 ? "return (" : "",
  ];
  return {
    kind: "compiled",
    code: `(async (${host}) => {${front.join("")}\n${text}\n})`,
    imports,
    names: cellNames(names),
    required: [...new Set(names.free.map(({ name }) => name))].filter(
      (name) => !names.probed.has(name),
    ),
    shifts,
    answer: last && returns && { evaluated: returns, source: placesOf(source)(last.start) },
  };
}

/** The statement whose value a cell answers. */
function lastExpression(program: SyntaxNode): SyntaxNode | undefined {
  const last = children(program, "body").findLast(
    ({ type }) => type !== "EmptyStatement" && !type.startsWith("TS"),
  );
  return last?.type === "ExpressionStatement" ? last : undefined;
}

/**
 * Lets the function answer the value of its last expression. `return (` stands at the end of the
 * line before, where it moves nothing; where there is code in front, it moves what is behind.
 *
 * @returns the evaluated place of a `return (` at the end of a line
 */
function returnLast(last: SyntaxNode, source: string, edits: Edits): Place | undefined {
  const hasSemicolon = source[last.end - 1] === ";";
  edits.insert(hasSemicolon ? last.end - 1 : last.end, ")");
  const before = edits.printedBefore(last.start);
  if (before.onLine.trim() !== "") {
    edits.insert(last.start, "return (");
    return undefined;
  }
  if (before.lineBreak === undefined) return { line: 1, column: 1 };
  edits.insert(before.lineBreak, ";return (");
  const { line, column } = edits.printedPlace(before.lineBreak);
  return { line: line + 1, column };
}

/** A name for what the realm hands in that the source does not use. */
function hostName({ declared, free }: Names): string {
  const taken = new Set([...declared, ...free.map(({ name }) => name)]);
  for (const letter of "kqxzjvw") if (!taken.has(`$${letter}b`)) return `$${letter}b`;
  throw new CompileProblem("Choose other names than `$kb` and `$qb`.", 0);
}

function importLine({ bindings }: ImportedModule, host: string, index: number): string {
  return bindings
    .map(({ local, imported }) =>
      imported === "*"
        ? `const ${local}=${host}.modules[${index}];`
        : `const ${local}=${host}.modules[${index}][${JSON.stringify(imported)}];`,
    )
    .join("");
}

function declareLine({ declared }: Names, host: string): string {
  const accessors = declared.map(
    (name) => `get ${name}(){return ${name}},set ${name}(${host}){${name}=${host}}`,
  );
  return accessors.length === 0 ? "" : `${host}.declare({${accessors.join(",")}});`;
}

function exportLine(exports: readonly ExportedName[], host: string): string {
  const getters = exports.map(({ local, exported }) => `get ${exported}(){return ${local}}`);
  return getters.length === 0 ? "" : `${host}.declare({${getters.join(",")}});`;
}

function cellNames({ declared, free }: Names): CellNames {
  const reads = free.filter(({ isRead }) => isRead).map(({ name }) => name);
  const writes = free.filter(({ isWrite }) => isWrite).map(({ name }) => name);
  return { declares: declared, reads: [...new Set(reads)], writes: [...new Set(writes)] };
}
