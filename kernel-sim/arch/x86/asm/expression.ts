/**
 * Expressions of the assembler: numbers, symbols, `.`, and what is made of them. Operators bind as
 * in GNU as: `* / % << >>` most, then `| & ^ !`, then `+ - ==` and comparisons, then `&&` and `||`.
 */
import type { Cursor } from "./cursor.ts";

export type Expr =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "symbol"; readonly name: string; readonly at: number }
  | { readonly kind: "unary"; readonly op: string; readonly of: Expr }
  | { readonly kind: "binary"; readonly op: string; readonly left: Expr; readonly right: Expr };

/** A value: a number, or a place with a number added. */
export interface Value {
  /** The symbol that is added, when its address is not known yet. */
  readonly symbol: string | undefined;
  readonly value: number;
}

/** What a symbol is worth, or undefined when nobody knows. */
export type Lookup = (name: string) => Value | undefined;

const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "<>", "!=", "<=", ">=", "<", ">", "+", "-"],
  ["|", "&", "^", "!"],
  ["<<", ">>", "*", "/", "%"],
];
/** The names that Intel syntax has for some operators. */
const WORDS: Readonly<Record<string, string>> = {
  ...{ and: "&", or: "|", xor: "^", shl: "<<", shr: ">>", mod: "%" },
  ...{ eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" },
};

export interface ExprOptions {
  /** Operators may be words, and numbers end in `h` or `b`. */
  readonly isIntel: boolean;
  /** Turns `1f` and `1b` into the name of a label. */
  readonly localLabel: (name: string, cursor: Cursor) => string;
}

export function parseExpression(cursor: Cursor, options: ExprOptions): Expr {
  return binary(cursor, options, 0);
}

function binary(cursor: Cursor, options: ExprOptions, level: number): Expr {
  const operators = LEVELS[level];
  if (operators === undefined) return unary(cursor, options);
  let left = binary(cursor, options, level + 1);
  for (;;) {
    const op = operator(cursor, options, operators);
    if (op === undefined) return left;
    left = { kind: "binary", op, left, right: binary(cursor, options, level + 1) };
  }
}

function operator(
  cursor: Cursor,
  options: ExprOptions,
  operators: readonly string[],
): string | undefined {
  if (options.isIntel) {
    const op = WORDS[cursor.peekName()];
    if (op !== undefined && operators.includes(op)) {
      cursor.name();
      return op;
    }
  }
  const found = operators.find((op) => cursor.text.startsWith(op, cursor.at));
  if (found === undefined) return undefined;
  // A longer operator of another level begins alike: `<<` is not `<`.
  const next = cursor.peek(1);
  const isLonger =
    (found === "<" && next === "<") ||
    (found === ">" && next === ">") ||
    (found === "|" && next === "|") ||
    (found === "&" && next === "&") ||
    (found === "!" && next === "=");
  if (isLonger) return undefined;
  cursor.eat(found);
  return found;
}

function unary(cursor: Cursor, options: ExprOptions): Expr {
  for (const op of ["-", "~", "+", "!"]) {
    if (cursor.eat(op)) return { kind: "unary", op, of: unary(cursor, options) };
  }
  if (options.isIntel && cursor.peekName() === "not") {
    cursor.name();
    return { kind: "unary", op: "~", of: unary(cursor, options) };
  }
  if (cursor.eat("(")) {
    const inner = parseExpression(cursor, options);
    cursor.expect(")", "a closing parenthesis");
    return inner;
  }
  if (!options.isIntel && cursor.eat("[")) {
    const inner = parseExpression(cursor, options);
    cursor.expect("]", "a closing bracket");
    return inner;
  }
  if (cursor.peek() === "'") return { kind: "number", value: cursor.characterConstant() };
  const at = cursor.at;
  if (/[0-9]/.test(cursor.peek())) return numberOrLocal(cursor, options, at);
  const name = cursor.name();
  if (name === "") return cursor.fail("expected a number, a symbol or (");
  return { kind: "symbol", name: name + wayOf(cursor), at };
}

/** `@PLT`, `@GOT` and `@GOTOFF`: over which table a symbol is reached, once there are shared libraries. */
function wayOf(cursor: Cursor): string {
  const way = /^@(?:PLT|GOTOFF|GOT)\b/i.exec(cursor.text.slice(cursor.at))?.[0];
  if (way === undefined) return "";
  cursor.at += way.length;
  cursor.skipSpace();
  return way.toUpperCase();
}

function numberOrLocal(cursor: Cursor, options: ExprOptions, at: number): Expr {
  const word = cursor.name();
  if (/^[0-9]+[fb]$/.test(word) && !/^0[fb]/.test(word)) {
    return { kind: "symbol", name: options.localLabel(word, cursor), at };
  }
  if (/^0[fb]$/.test(word)) {
    return { kind: "symbol", name: options.localLabel(word, cursor), at };
  }
  const value = parseNumber(word, options.isIntel);
  if (value === undefined) return cursor.failAt(at, `${word} is not a number`);
  return { kind: "number", value };
}

function parseNumber(word: string, isIntel: boolean): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(word)) return Number(word);
  if (/^0b[01]+$/i.test(word)) return Number(word);
  if (isIntel && /^[0-9][0-9a-f]*h$/i.test(word)) return Number.parseInt(word, 16);
  if (/^0[0-7]*$/.test(word)) return Number.parseInt(word, 8);
  if (/^[0-9]+$/.test(word)) return Number(word);
  return undefined;
}

/** The value of an expression, or undefined while it depends on what is not known. */
export function evaluate(expr: Expr, lookup: Lookup): Value | undefined {
  switch (expr.kind) {
    case "number":
      return { symbol: undefined, value: expr.value };
    case "symbol":
      return lookup(expr.name);
    case "unary": {
      const of = evaluate(expr.of, lookup);
      if (of === undefined || (of.symbol !== undefined && expr.op !== "+")) return undefined;
      return { symbol: of.symbol, value: applyUnary(expr.op, of.value) };
    }
    case "binary": {
      const left = evaluate(expr.left, lookup);
      const right = evaluate(expr.right, lookup);
      if (left === undefined || right === undefined) return undefined;
      if (left.symbol !== undefined || right.symbol !== undefined) {
        return applyToPlaces(expr.op, left, right);
      }
      return { symbol: undefined, value: applyBinary(expr.op, left.value, right.value) };
    }
  }
}

function applyToPlaces(op: string, left: Value, right: Value): Value | undefined {
  if (op === "+" && (left.symbol === undefined || right.symbol === undefined)) {
    return { symbol: left.symbol ?? right.symbol, value: left.value + right.value };
  }
  if (op !== "-") return undefined;
  if (right.symbol === undefined) return { symbol: left.symbol, value: left.value - right.value };
  return left.symbol === right.symbol
    ? { symbol: undefined, value: left.value - right.value }
    : undefined;
}

function applyUnary(op: string, value: number): number {
  if (op === "-") return -value;
  if (op === "~") return ~value;
  return op === "!" ? truth(value === 0, 1) : value;
}

/** Comparisons answer -1 for true in GNU as. */
function truth(holds: boolean, value = -1): number {
  return holds ? value : 0;
}

function applyBinary(op: string, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? 0 : Math.trunc(a / b);
    case "%":
      return b === 0 ? 0 : a % b;
    case "<<":
      return b > 31 ? 0 : Math.trunc(a * 2 ** b) % 2 ** 32;
    case ">>":
      return b > 31 ? 0 : a < 0 ? a >> b : Math.floor(a / 2 ** b);
    case "&":
      return unsignedIfPositive(a, b, a & b);
    case "|":
      return unsignedIfPositive(a, b, a | b);
    case "^":
      return unsignedIfPositive(a, b, a ^ b);
    case "!":
      return a | ~b;
    case "==":
      return truth(a === b);
    case "<>":
    case "!=":
      return truth(a !== b);
    case "<":
      return truth(a < b);
    case ">":
      return truth(a > b);
    case "<=":
      return truth(a <= b);
    case ">=":
      return truth(a >= b);
    case "&&":
      return truth(a !== 0 && b !== 0, 1);
    default:
      return truth(a !== 0 || b !== 0, 1);
  }
}

function unsignedIfPositive(a: number, b: number, bits: number): number {
  return a >= 0 && b >= 0 ? bits >>> 0 : bits;
}

/** The symbols that an expression names. */
export function symbolsOf(expr: Expr): readonly { name: string; at: number }[] {
  switch (expr.kind) {
    case "number":
      return [];
    case "symbol":
      return [expr];
    case "unary":
      return symbolsOf(expr.of);
    case "binary":
      return [...symbolsOf(expr.left), ...symbolsOf(expr.right)];
  }
}
