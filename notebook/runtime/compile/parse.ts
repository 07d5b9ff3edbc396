/** Reads a TypeScript source into a syntax tree, and walks it. */

import { tsPlugin } from "@sveltejs/acorn-typescript";
import { type Comment, Parser } from "acorn";

/** A node of the tree, as ESTree and its TypeScript extension name them. */
export interface SyntaxNode {
  readonly type: string;
  /** Offsets into the source. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Parsed {
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
}

/** What is wrong with a source, and where: caught at the door of the compiler. */
export class CompileProblem extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const TypeScriptParser = Parser.extend(tsPlugin());

/** Throws a `CompileProblem` for a source that is no TypeScript. */
export function parse(source: string): Parsed {
  const comments: Comment[] = [];
  try {
    const program = TypeScriptParser.parse(source, {
      ecmaVersion: "latest",
      sourceType: "module",
      // The parser asks for them.
      locations: true,
      onComment: comments,
      checkPrivateFields: true,
      allowHashBang: false,
    });
    return { program: program as unknown as SyntaxNode, comments };
  } catch (error) {
    throw asProblem(error, source);
  }
}

function asProblem(error: unknown, source: string): CompileProblem {
  if (error instanceof SyntaxError && "pos" in error && typeof error.pos === "number") {
    // Acorn ends its message with the place, which the problem carries itself.
    const message = error.message.replace(/ ?\(\d+:\d+\)$/, "");
    return new CompileProblem(message, Math.min(error.pos, source.length));
  }
  if (error instanceof RangeError) return new CompileProblem("This is nested too deeply.", 0);
  throw error;
}

export function child(node: SyntaxNode, field: string): SyntaxNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list field; holes of an array pattern are left out. */
export function children(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Every node directly below, in the order of the fields. */
export function* below(node: SyntaxNode): Generator<SyntaxNode> {
  for (const field in node) {
    const value = node[field];
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) yield* value.filter(isNode);
  }
}

/** The name of an identifier; "" for anything else. */
export function nameOf(node: SyntaxNode | undefined): string {
  const name = node?.["name"];
  return typeof name === "string" ? name : "";
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
