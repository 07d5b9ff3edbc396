/** The operands of an instruction, as both syntaxes write them. */
import { REG8, REG16, REG32, SEGMENTS } from "../registers.ts";
import type { Cursor } from "./cursor.ts";
import { type Expr, type ExprOptions, parseExpression } from "./expression.ts";

export type RegisterClass = "r8" | "r16" | "r32" | "sreg" | "cr" | "dr";

export interface RegisterOperand {
  readonly kind: "register";
  readonly of: RegisterClass;
  readonly number: number;
}

export interface ImmediateOperand {
  readonly kind: "immediate";
  readonly value: Expr;
}

export interface MemoryOperand {
  readonly kind: "memory";
  readonly segment: number | undefined;
  readonly base: number | undefined;
  readonly index: number | undefined;
  readonly scale: 1 | 2 | 4 | 8;
  readonly displacement: Expr | undefined;
  /** What `dword ptr` and the like say; 0 if nothing does. */
  readonly bits: number;
}

/** A jump's target: a place, not what lies there. */
export interface TargetOperand {
  readonly kind: "target";
  readonly value: Expr;
  /** `short`: 8 bits, whatever it takes. */
  readonly isShort: boolean;
}

export interface FarOperand {
  readonly kind: "far";
  readonly selector: Expr;
  readonly offset: Expr;
}

export type Operand = (
  | RegisterOperand
  | ImmediateOperand
  | MemoryOperand
  | TargetOperand
  | FarOperand
) & { readonly at: number };

const REGISTERS: ReadonlyMap<string, RegisterOperand> = buildRegisters();

function buildRegisters(): Map<string, RegisterOperand> {
  const known = new Map<string, RegisterOperand>();
  const add = (names: readonly string[], of: RegisterClass): void => {
    names.forEach((name, number) => {
      known.set(name, { kind: "register", of, number });
    });
  };
  add(REG8, "r8");
  add(REG16, "r16");
  add(REG32, "r32");
  add(SEGMENTS, "sreg");
  for (let i = 0; i < 8; i++) {
    if (i < 5) known.set(`cr${i}`, { kind: "register", of: "cr", number: i });
    known.set(`dr${i}`, { kind: "register", of: "dr", number: i });
    known.set(`db${i}`, { kind: "register", of: "dr", number: i });
  }
  return known;
}

export function registerNamed(name: string): RegisterOperand | undefined {
  return REGISTERS.get(name.toLowerCase());
}

const ZERO: Expr = { kind: "number", value: 0 };

/** `%eax`, with the percent sign still to come. */
function attRegister(cursor: Cursor): RegisterOperand {
  const at = cursor.at;
  cursor.eat("%");
  const name = cursor.name();
  const register = registerNamed(name);
  return register ?? cursor.failAt(at, `%${name} is not a register`);
}

/** An operand of AT&T syntax: `%eax`, `$5`, `-4(%ebp,%ecx,4)`, `*%eax`. */
export function parseAttOperand(cursor: Cursor, options: ExprOptions, isBranch: boolean): Operand {
  const at = cursor.at;
  const isIndirect = isBranch && cursor.eat("*");
  if (cursor.eat("$")) return { kind: "immediate", value: parseExpression(cursor, options), at };
  let segment: number | undefined;
  if (cursor.peek() === "%") {
    const register = attRegister(cursor);
    if (register.of !== "sreg" || !cursor.eat(":")) return { ...register, at };
    segment = register.number;
  }
  const hasDisplacement = cursor.peek() !== "(" || !/^\(\s*[%,]/.test(cursor.text.slice(cursor.at));
  const word = cursor.peekName();
  if (registerNamed(word) !== undefined) {
    cursor.fail(`for the register write %${word}, or switch to .intel_syntax noprefix`);
  }
  const displacement = hasDisplacement ? parseExpression(cursor, options) : undefined;
  if (!cursor.eat("(")) {
    if (isBranch && !isIndirect && segment === undefined) {
      return { kind: "target", value: displacement ?? ZERO, isShort: false, at };
    }
    return memory(at, segment, undefined, undefined, 1, displacement, 0);
  }
  const base = cursor.peek() === "%" ? address(cursor, attRegister(cursor)) : undefined;
  let index: number | undefined;
  let scale = 1;
  if (cursor.eat(",")) {
    if (cursor.peek() === "%") index = address(cursor, attRegister(cursor));
    if (cursor.eat(",")) scale = scaleOf(cursor);
  }
  cursor.expect(")", "a closing parenthesis behind the registers of the address");
  if (index === 4) cursor.failAt(at, "%esp cannot be an index: make it the base");
  return memory(at, segment, base, index, scale, displacement, 0);
}

function scaleOf(cursor: Cursor): number {
  const at = cursor.at;
  const scale = Number(cursor.name());
  return [1, 2, 4, 8].includes(scale) ? scale : cursor.failAt(at, "a scale is 1, 2, 4 or 8");
}

function address(cursor: Cursor, register: RegisterOperand): number {
  if (register.of !== "r32") cursor.fail("an address is made of 32-bit registers");
  return register.number;
}

function memory(
  at: number,
  segment: number | undefined,
  base: number | undefined,
  index: number | undefined,
  scale: number,
  displacement: Expr | undefined,
  bits: number,
): Operand & MemoryOperand {
  const known = scale as 1 | 2 | 4 | 8;
  return { kind: "memory", segment, base, index, scale: known, displacement, bits, at };
}

const SIZES: Readonly<Record<string, number>> = {
  ...{ byte: 8, word: 16, dword: 32, fword: 48, qword: 64 },
};

/** An operand of Intel syntax: `eax`, `5`, `dword ptr [ebp+ecx*4-4]`, `offset name`. */
export function parseIntelOperand(
  cursor: Cursor,
  options: ExprOptions,
  isBranch: boolean,
  isConstant: (name: string) => boolean,
): Operand {
  const at = cursor.at;
  let bits = 0;
  let isShort = false;
  if (cursor.peek() === "$") cursor.fail("in Intel syntax a number has no $ before it");
  let word = cursor.peekName();
  if (SIZES[word] !== undefined) {
    cursor.name();
    bits = SIZES[word]!;
    if (cursor.peekName() === "ptr") cursor.name();
    word = cursor.peekName();
  }
  if (word === "short") {
    cursor.name();
    isShort = true;
    word = cursor.peekName();
  }
  if (word === "offset") {
    cursor.name();
    if (cursor.peekName() === "flat") {
      cursor.name();
      cursor.expect(":", "a colon");
    }
    return { kind: "immediate", value: parseExpression(cursor, options), at };
  }
  let segment: number | undefined;
  const register = intelRegister(cursor);
  if (register !== undefined) {
    if (register.of !== "sreg" || !cursor.eat(":")) return { ...register, at };
    segment = register.number;
  }
  const sum = new AddressSum();
  let hasBrackets = false;
  if (cursor.peek() !== "[") {
    sum.add(parseExpression(cursor, options), 1);
    if (cursor.eat(":")) {
      return {
        kind: "far",
        selector: sum.displacement!,
        offset: parseExpression(cursor, options),
        at,
      };
    }
  }
  while (cursor.eat("[")) {
    hasBrackets = true;
    // The size may stand inside, as GCC writes it: `[dword ptr table[0+eax*4]]`.
    const inner = SIZES[cursor.peekName()];
    if (inner !== undefined) {
      cursor.name();
      if (cursor.peekName() === "ptr") cursor.name();
      bits = inner;
    }
    parseAddress(cursor, options, sum);
    if (cursor.eat("[")) {
      parseAddress(cursor, options, sum);
      cursor.expect("]", "a closing bracket");
    }
    cursor.expect("]", "a closing bracket");
    // Also `[ebp]-4` and `[ebx][esi]`.
    if (cursor.peek() === "+" || cursor.peek() === "-")
      sum.add(parseExpression(cursor, options), 1);
  }
  const { base, index, scale, displacement } = sum.finish(cursor, at);
  const hasSymbol = displacement !== undefined && !isNumber(displacement, isConstant);
  if (!hasBrackets && segment === undefined) {
    if (isBranch && bits === 0) return { kind: "target", value: displacement ?? ZERO, isShort, at };
    if (!hasSymbol) return { kind: "immediate", value: displacement ?? ZERO, at };
  }
  return memory(at, segment, base, index, scale, displacement, bits);
}

function intelRegister(cursor: Cursor): RegisterOperand | undefined {
  const start = cursor.at;
  cursor.eat("%");
  const register = registerNamed(cursor.peekName());
  if (register === undefined) cursor.at = start;
  else cursor.name();
  return register;
}

function isNumber(expr: Expr, isConstant: (name: string) => boolean): boolean {
  switch (expr.kind) {
    case "number":
      return true;
    case "symbol":
      return isConstant(expr.name);
    case "unary":
      return isNumber(expr.of, isConstant);
    case "binary":
      // The distance between two places is a number.
      if (expr.op === "-" && !isNumber(expr.right, isConstant)) return true;
      return isNumber(expr.left, isConstant) && isNumber(expr.right, isConstant);
  }
}

/** The terms between brackets: registers, scaled registers and numbers in any order. */
function parseAddress(cursor: Cursor, options: ExprOptions, sum: AddressSum): void {
  let sign = 1;
  for (;;) {
    while (cursor.peek() === "+" || cursor.peek() === "-") {
      if (cursor.eat("-")) sign = -sign;
      else cursor.eat("+");
    }
    const register = intelRegister(cursor);
    if (register !== undefined) {
      const scale = cursor.eat("*") ? scaleOf(cursor) : 0;
      if (sign < 0) cursor.fail("a register cannot be subtracted in an address");
      sum.addRegister(cursor, address(cursor, register), scale);
    } else {
      term(cursor, options, sum, sign);
    }
    sign = 1;
    if (cursor.peek() !== "+" && cursor.peek() !== "-") return;
  }
}

/** A number, a symbol, `4*ecx`, or a product of numbers. */
function term(cursor: Cursor, options: ExprOptions, sum: AddressSum, sign: number): void {
  const scaled = /^([1248])\s*\*\s*%?([a-z]+)/i.exec(cursor.text.slice(cursor.at));
  const register = scaled === null ? undefined : registerNamed(scaled[2]!);
  if (scaled !== null && register !== undefined) {
    cursor.at += scaled[0].length;
    cursor.skipSpace();
    sum.addRegister(cursor, address(cursor, register), Number(scaled[1]));
    return;
  }
  // Up to the next register, which is not part of the expression.
  const rest = cursor.text.slice(cursor.at);
  const stop = /[+-]\s*(?:[1248]\s*\*\s*)?%?([a-z]+)/gi;
  let cut = rest.length;
  for (const found of rest.matchAll(stop)) {
    if (registerNamed(found[1]!) === undefined) continue;
    cut = found.index;
    break;
  }
  sum.add(
    cursor.within(cut, () => parseExpression(cursor, options)),
    sign,
  );
}

class AddressSum {
  base: number | undefined;
  index: number | undefined;
  scale = 1;
  displacement: Expr | undefined;

  add(expr: Expr, sign: number): void {
    const term: Expr = sign < 0 ? { kind: "unary", op: "-", of: expr } : expr;
    this.displacement =
      this.displacement === undefined
        ? term
        : sign < 0
          ? { kind: "binary", op: "-", left: this.displacement, right: expr }
          : { kind: "binary", op: "+", left: this.displacement, right: expr };
  }

  /** @param scale 0 if none was written. */
  addRegister(cursor: Cursor, number: number, scale: number): void {
    if (scale === 0 && this.base === undefined) this.base = number;
    else if (this.index === undefined) {
      this.index = number;
      this.scale = scale === 0 ? 1 : scale;
    } else if (this.base === undefined && scale <= 1) this.base = number;
    else cursor.fail("an address has at most two registers, one of them scaled");
  }

  finish(cursor: Cursor, at: number): this {
    // ESP cannot be an index: unscaled, the two change places.
    if (this.index === 4 && this.scale === 1) {
      const { base } = this;
      this.base = 4;
      this.index = base;
    }
    if (this.index === 4) cursor.failAt(at, "esp cannot be an index: make it the base");
    return this;
  }
}
