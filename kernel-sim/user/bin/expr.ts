import type { Program } from "../program.ts";
import { fail } from "./io.ts";
import { translate } from "./regex.ts";

const OPERATORS: readonly (readonly string[])[] = [
  ["|"],
  ["&"],
  ["<", "<=", "=", "==", "!=", ">=", ">"],
  ["+", "-"],
  ["*", "/", "%"],
  [":"],
];
const INTEGER = /^-?\d+$/;

class ExprError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** expr expression: 0 for a value, 1 for none or 0, 2 for what is no expression. */
export const expr: Program = function* expr(sys, argv) {
  const words = argv[1] === "--" ? argv.slice(2) : argv.slice(1);
  if (words.length === 0) {
    yield* fail(sys, "expr: missing operand\nTry 'expr --help' for more information.");
    return 2;
  }
  let value: string;
  try {
    value = new Evaluator(words).whole();
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    yield* fail(sys, `expr: ${error.message}`);
    return 2;
  }
  yield* sys.write(1, `${value}\n`);
  return isNull(value) ? 1 : 0;
};

function isNull(value: string): boolean {
  return value === "" || /^-?0+$/.test(value);
}

class Evaluator {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  whole(): string {
    const value = this.#level(0);
    const next = this.#words[this.#at];
    if (next !== undefined) throw new ExprError(`syntax error: unexpected argument '${next}'`);
    return value;
  }

  #level(depth: number): string {
    const operators = OPERATORS[depth];
    if (operators === undefined) return this.#operand();
    let left = this.#level(depth + 1);
    for (;;) {
      const operator = this.#words[this.#at];
      if (operator === undefined || !operators.includes(operator)) return left;
      this.#at++;
      left = apply(operator, left, this.#level(depth + 1));
    }
  }

  #operand(): string {
    const word = this.#take();
    switch (word) {
      case "+":
        return this.#take();
      case "(": {
        const value = this.#level(0);
        const end = this.#words[this.#at++];
        if (end === ")") return value;
        const before = this.#words[this.#at - 2];
        throw new ExprError(
          end === undefined
            ? `syntax error: expecting ')' after '${before}'`
            : `syntax error: expecting ')' instead of '${end}'`,
        );
      }
      case ")":
        throw new ExprError("syntax error: unexpected ')'");
      case "length":
        return String([...this.#operand()].length);
      case "match": {
        const text = this.#operand();
        return match(text, this.#operand());
      }
      case "index": {
        const text = [...this.#operand()];
        const chars = this.#operand();
        return String(text.findIndex((char) => chars.includes(char)) + 1);
      }
      case "substr": {
        const text = [...this.#operand()];
        const [from, count] = [this.#operand(), this.#operand()];
        if (!INTEGER.test(from) || !INTEGER.test(count)) return "";
        const start = Number(from);
        if (start < 1 || Number(count) < 1) return "";
        return text.slice(start - 1, start - 1 + Number(count)).join("");
      }
      default:
        return word;
    }
  }

  #take(): string {
    const word = this.#words[this.#at++];
    if (word !== undefined) return word;
    const before = this.#words[this.#at - 2];
    throw new ExprError(`syntax error: missing argument after '${before}'`);
  }
}

function apply(operator: string, left: string, right: string): string {
  switch (operator) {
    case "|":
      return !isNull(left) ? left : !isNull(right) ? right : "0";
    case "&":
      return isNull(left) || isNull(right) ? "0" : left;
    case ":":
      return match(left, right);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, left, right);
    default:
      return compare(operator, left, right) ? "1" : "0";
  }
}

function arithmetic(operator: string, left: string, right: string): string {
  if (!INTEGER.test(left) || !INTEGER.test(right)) throw new ExprError("non-integer argument");
  const [a, b] = [BigInt(left), BigInt(right)];
  if (operator === "+") return String(a + b);
  if (operator === "-") return String(a - b);
  if (operator === "*") return String(a * b);
  if (b === 0n) throw new ExprError("division by zero");
  return String(operator === "/" ? a / b : a % b);
}

function compare(operator: string, left: string, right: string): boolean {
  let order = left < right ? -1 : left > right ? 1 : 0;
  if (INTEGER.test(left) && INTEGER.test(right)) {
    const difference = BigInt(left) - BigInt(right);
    order = difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "!=":
      return order !== 0;
    default:
      return order === 0;
  }
}

/** A pattern stands at the start: how many chars it takes, or what its first group holds. */
function match(text: string, pattern: string): string {
  const source = translate(pattern, false);
  const found = new RegExp(`^(?:${source})`).exec(text);
  const hasGroup = new RegExp(`${source}|`).exec("")!.length > 1;
  if (hasGroup) return found?.[1] ?? "";
  return found === null ? "0" : String([...found[0]].length);
}
