import { ShellError } from "./shell.ts";

/** The variables that an expression reads and sets. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const TOKEN =
  /\s*(?:(0[xX][\da-fA-F]+|\d+)|([A-Za-z_]\w*)|(<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^!~<>=?:()]))/y;

const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** Computes `$(( ))`: C's expressions over 64-bit integers. */
export function arithmetic(text: string, variables: Variables): string {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const body = text.trimEnd();
  while (TOKEN.lastIndex < body.length) {
    const found = TOKEN.exec(body);
    if (found === null) throw bad(text);
    tokens.push(found[0].trim());
  }
  if (tokens.length === 0) return "0";
  const expression = new Expression(tokens, variables, text);
  return String(expression.whole());
}

class Expression {
  readonly #tokens: readonly string[];
  readonly #variables: Variables;
  readonly #text: string;
  #at = 0;
  /** Above 0 in a branch that is not taken: nothing is set and nothing divided. */
  #skipped = 0;

  constructor(tokens: readonly string[], variables: Variables, text: string) {
    this.#tokens = tokens;
    this.#variables = variables;
    this.#text = text;
  }

  whole(): bigint {
    const value = this.#assignment();
    if (this.#at < this.#tokens.length) throw bad(this.#text);
    return value;
  }

  #assignment(): bigint {
    const name = this.#tokens[this.#at] ?? "";
    const operator = this.#tokens[this.#at + 1] ?? "";
    if (!/^[A-Za-z_]/.test(name) || !/^(?:<<|>>|[-+*/%&|^])?=$/.test(operator)) {
      return this.#conditional();
    }
    this.#at += 2;
    const right = this.#assignment();
    const value =
      operator === "=" ? right : this.#apply(operator.slice(0, -1), this.#variable(name), right);
    if (this.#skipped === 0) this.#variables.set(name, String(value));
    return value;
  }

  #conditional(): bigint {
    const condition = this.#binary(0);
    if (!this.#accept("?")) return condition;
    const yes = this.#unless(condition === 0n, () => this.#assignment());
    if (!this.#accept(":")) throw bad(this.#text);
    const no = this.#unless(condition !== 0n, () => this.#conditional());
    return condition === 0n ? no : yes;
  }

  #binary(level: number): bigint {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#tokens[this.#at] ?? "";
      if (!operators.includes(operator)) return left;
      this.#at++;
      const before = left;
      const isDecided = operator === "||" ? before !== 0n : operator === "&&" && before === 0n;
      const right = this.#unless(isDecided, () => this.#binary(level + 1));
      left = this.#apply(operator, before, right);
    }
  }

  #unary(): bigint {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw bad(this.#text);
    if (token === "-") return BigInt.asIntN(64, -this.#unary());
    if (token === "+") return this.#unary();
    if (token === "!") return this.#unary() === 0n ? 1n : 0n;
    if (token === "~") return ~this.#unary();
    if (token === "(") {
      const value = this.#assignment();
      if (!this.#accept(")")) throw bad(this.#text);
      return value;
    }
    if (/^\d/.test(token)) return this.#number(token);
    if (/^\w/.test(token)) return this.#variable(token);
    throw bad(this.#text);
  }

  #variable(name: string): bigint {
    return this.#number(this.#variables.get(name) ?? "");
  }

  #number(text: string): bigint {
    const found = /^\s*(-?)\+?(0[xX][\da-fA-F]+|\d*)\s*$/.exec(text);
    if (found === null) throw new ShellError(`Illegal number: ${text}`);
    const digits = found[2] || "0";
    if (/^0\d+$/.test(digits) && /[89]/.test(digits)) throw bad(this.#text);
    const value = BigInt(/^0\d+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return BigInt.asIntN(64, found[1] === "-" ? -value : value);
  }

  #apply(operator: string, a: bigint, b: bigint): bigint {
    if ((operator === "/" || operator === "%") && b === 0n) {
      if (this.#skipped > 0) return 0n;
      throw new ShellError(`arithmetic expression: division by zero: "${this.#text}"`);
    }
    return BigInt.asIntN(64, compute(operator, a, b));
  }

  #unless(isSkipped: boolean, body: () => bigint): bigint {
    if (isSkipped) this.#skipped++;
    const value = body();
    if (isSkipped) this.#skipped--;
    return value;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

function compute(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "||":
      return a !== 0n || b !== 0n ? 1n : 0n;
    case "&&":
      return a !== 0n && b !== 0n ? 1n : 0n;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "&":
      return a & b;
    case "==":
      return a === b ? 1n : 0n;
    case "!=":
      return a !== b ? 1n : 0n;
    case "<":
      return a < b ? 1n : 0n;
    case "<=":
      return a <= b ? 1n : 0n;
    case ">":
      return a > b ? 1n : 0n;
    case ">=":
      return a >= b ? 1n : 0n;
    case "<<":
      return a << (b & 63n);
    case ">>":
      return a >> (b & 63n);
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return a % b;
  }
}

function bad(text: string): ShellError {
  return new ShellError(`arithmetic expression: expecting primary: "${text}"`);
}
