/**
 * Erases types: what only the type checker reads becomes spaces, so that lines and columns stay.
 * What cannot be erased (an enum makes an object) is refused by name.
 */

import type { Edits } from "./edits.ts";
import { below, CompileProblem, child, children, nameOf, type SyntaxNode } from "./parse.ts";

const STATEMENTS_OF_TYPES = new Set([
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "TSDeclareFunction",
  "TSNamespaceExportDeclaration",
]);

const NOT_ERASABLE: Readonly<Record<string, string>> = {
  TSEnumDeclaration: "An enum is not only a type. Write an object: `const E = { A: 0 } as const`.",
  TSModuleDeclaration: "A namespace is not only a type. Write an object or plain functions.",
  TSParameterProperty: "Declare the field in the class and assign it in the constructor.",
  TSImportEqualsDeclaration: 'Write `import { name } from "kernel-sim"`.',
  TSExportAssignment: "Write `export const` or `export default`.",
  TSTypeAssertion: "Write the type behind the value: `value as Type`.",
  Decorator: "Decorators cannot run here.",
};

const BRACKETS_AND_COMMENTS = /(?:[\s)]|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*/y;
const MODIFIERS = /\b(?:public|private|protected|readonly|override|abstract|declare)\b/g;

/**
 * Blanks all types below `program`. Throws a `CompileProblem` for what is not only a type.
 *
 * @param last a statement that gets its end from somebody else
 */
export function eraseTypes(
  program: SyntaxNode,
  source: string,
  edits: Edits,
  last: SyntaxNode | undefined,
): void {
  const eraser = new Eraser(source, edits, last);
  eraser.erase(program);
}

class Eraser {
  readonly #source: string;
  readonly #edits: Edits;
  /** What gets no semicolon: in the head of a `for` it has another meaning. */
  readonly #unclosed: Set<SyntaxNode | undefined>;
  /** Done when all types are blank. */
  readonly #moves: (() => void)[] = [];

  constructor(source: string, edits: Edits, last: SyntaxNode | undefined) {
    this.#source = source;
    this.#edits = edits;
    this.#unclosed = new Set([last]);
  }

  erase(program: SyntaxNode): void {
    this.#visit(program);
    for (const move of this.#moves) move();
  }

  #visit(node: SyntaxNode): void {
    if (STATEMENTS_OF_TYPES.has(node.type) || node["declare"] === true) {
      this.#blankStatement(node);
      return;
    }
    const refusal = NOT_ERASABLE[node.type];
    if (refusal !== undefined) throw new CompileProblem(refusal, node.start);
    if (isMemberOfTypes(node)) {
      this.#blank(node.start, node.end);
      return;
    }
    this.#eraseOwn(node);
    for (const part of below(node)) {
      if (isOnlyType(part)) this.#blank(part.start, part.end);
      else this.#visit(part);
    }
    if (ENDS_WITH_SEMICOLON.has(node.type) && !this.#unclosed.has(node)) this.#closeStatement(node);
  }

  #eraseOwn(node: SyntaxNode): void {
    switch (node.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
        this.#blankAfterExpression(node);
        return;
      case "Identifier":
      case "ObjectPattern":
      case "ArrayPattern":
        if (node["optional"] === true) this.#blankMark("?", node);
        return;
      case "VariableDeclarator":
        if (node["definite"] === true) this.#blankMark("!", child(node, "id") ?? node);
        return;
      case "PropertyDefinition":
      case "MethodDefinition":
      case "AccessorProperty":
        this.#eraseMember(node);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#eraseClassHead(node);
        return;
      case "ForStatement":
        this.#unclosed.add(child(node, "init"));
        return;
      case "ArrowFunctionExpression":
        this.#keepArrowTogether(node);
        this.#eraseThis(node);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
        this.#eraseThis(node);
        return;
      default:
    }
  }

  #blankAfterExpression(node: SyntaxNode): void {
    const expression = child(node, "expression");
    if (expression !== undefined) this.#blank(this.#behind(expression), node.end);
  }

  /** Where the keyword or mark behind `inner` stands: past its closing brackets and comments. */
  #behind(inner: SyntaxNode): number {
    BRACKETS_AND_COMMENTS.lastIndex = inner.end;
    const skipped = BRACKETS_AND_COMMENTS.exec(this.#source)?.[0] ?? "";
    return inner.end + skipped.length;
  }

  /** `x?: T`: the mark stands between the name and its type. */
  #blankMark(mark: string, node: SyntaxNode): void {
    const type = child(node, "typeAnnotation");
    const from = nameOf(node) === "" ? node.start : node.start + nameOf(node).length;
    const at = this.#source.lastIndexOf(mark, type?.start ?? node.end);
    if (at >= from) this.#blank(at, at + 1);
  }

  #eraseMember(member: SyntaxNode): void {
    const key = child(member, "key");
    if (key === undefined) return;
    const head = this.#source.slice(member.start, key.start);
    for (const word of head.matchAll(MODIFIERS)) {
      const start = member.start + word.index;
      this.#blank(start, start + word[0].length);
    }
    if (member["optional"] !== true && member["definite"] !== true) return;
    const from = member["computed"] === true ? this.#source.indexOf("]", key.end) + 1 : key.end;
    const at = from + this.#source.slice(from).search(/[?!]/);
    this.#blank(at, at + 1);
  }

  #eraseClassHead(node: SyntaxNode): void {
    const body = child(node, "body");
    if (body === undefined) return;
    if (node["abstract"] === true) {
      const at = this.#source.indexOf("abstract", node.start);
      this.#blank(at, at + "abstract".length);
    }
    const [first] = children(node, "implements");
    if (first === undefined) return;
    this.#blank(this.#source.lastIndexOf("implements", first.start), body.start);
  }

  /** `function f(this: T, a)`: only the type checker knows this parameter. */
  #eraseThis(node: SyntaxNode): void {
    const [first, second] = children(node, "params");
    if (nameOf(first) !== "this" || first === undefined) return;
    const comma = second === undefined ? -1 : this.#source.lastIndexOf(",", second.start);
    this.#blank(first.start, comma < first.start ? first.end : comma + 1);
  }

  /**
   * No line break may stand in front of `=>`, nor between `async` and `(`. Where an erased type
   * leaves one, the bracket moves to its other end.
   */
  #keepArrowTogether(node: SyntaxNode): void {
    const type = child(node, "returnType");
    if (type !== undefined && this.#hasLineBreak(type)) {
      const bracket = this.#source.lastIndexOf(")", type.start);
      this.#moves.push(() => {
        this.#blank(bracket, bracket + 1);
        this.#edits.put(type.end - 1, ")");
      });
    }
    const generics = child(node, "typeParameters");
    if (generics !== undefined && node["async"] === true && this.#hasLineBreak(generics)) {
      const bracket = this.#source.indexOf("(", generics.end);
      this.#moves.push(() => {
        this.#blank(bracket, bracket + 1);
        this.#edits.put(generics.start, "(");
      });
    }
  }

  #hasLineBreak(node: SyntaxNode): boolean {
    return /[\n\r\u2028\u2029]/.test(this.#source.slice(node.start, node.end));
  }

  #blank(start: number, end: number): void {
    this.#edits.blank(start, end);
  }

  /** A semicolon stays, so that the lines around it do not become one expression. */
  #blankStatement(node: SyntaxNode): void {
    this.#blank(node.start, node.end);
    this.#edits.put(node.start, ";");
  }

  /** `x as T` at the end of a line, then `(`: without a semicolon it would become a call. */
  #closeStatement(node: SyntaxNode): void {
    if (!this.#edits.isBlanked(node.end - 1)) return;
    let at = node.end - 1;
    while (at > node.start && this.#edits.isBlanked(at - 1)) at--;
    this.#edits.put(at, ";");
  }
}

const ENDS_WITH_SEMICOLON = new Set([
  "ExpressionStatement",
  "VariableDeclaration",
  "ReturnStatement",
  "ThrowStatement",
  "PropertyDefinition",
  "ExportDefaultDeclaration",
]);

const EXPRESSIONS_WITH_TYPES = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSInstantiationExpression",
]);

/** A type, as opposed to a statement or expression that has one. */
function isOnlyType(node: SyntaxNode): boolean {
  if (!node.type.startsWith("TS")) return false;
  const isMore = STATEMENTS_OF_TYPES.has(node.type) || EXPRESSIONS_WITH_TYPES.has(node.type);
  return !isMore && NOT_ERASABLE[node.type] === undefined;
}

/** A member of a class that leaves nothing behind: abstract, or an overload. */
function isMemberOfTypes(node: SyntaxNode): boolean {
  if (node.type !== "MethodDefinition" && node.type !== "PropertyDefinition") return false;
  const body = child(node, "value");
  return node["abstract"] === true || body?.type === "TSDeclareMethod";
}
