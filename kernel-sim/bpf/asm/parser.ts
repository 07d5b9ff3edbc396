/**
 * The grammar of the kernel's notation for programs, as the verifier's log prints them and as
 * people write them: `r1 = *(u32 *)(r2 +4)`, `if w1 s> 5 goto out`, `lock *(u64 *)(r1 +0) += r2`.
 */
import type { Insn, InsnSize } from "../../api.ts";
import { insnBuilders as build } from "../builder.ts";
import { type Place, type Statement, syntaxError, type Token } from "./source-text.ts";

/** Where a jump or call goes: a label, or a distance in slots. */
export type Target = { readonly label: Token } | { readonly distance: number };

/** One instruction, its jump not yet measured and its map not yet numbered. */
export interface Parsed extends Place {
  readonly insns: readonly Insn[];
  readonly target?: Target;
  readonly map?: string;
}

export interface AsmNames {
  /** The number of a helper such as `bpf_map_lookup_elem`. */
  helper(name: string): number | undefined;
  /** The number of a function of the kernel such as `bpf_iter_num_new`. */
  kfunc(name: string): number | undefined;
  /** A name that the reader may have meant. */
  similarHelper(name: string): string | undefined;
}

/** Takes a label off the front of a statement: `again: r0 = 1`. */
export function takeLabel(statement: Statement): readonly [Token | undefined, Statement] {
  const [first, second] = statement;
  if (first?.kind !== "word" || second?.text !== ":") return [undefined, statement];
  if (registerOf(first.text) !== undefined || KEYWORDS.has(first.text)) {
    throw syntaxError(first, `\`${first.text}\` cannot be a label; choose another name`);
  }
  return [first, statement.slice(2)];
}

export function parseStatement(statement: Statement, names: AsmNames): Parsed {
  const { line, column } = statement[0]!;
  return { line, column, ...new StatementParser(statement, names).parse() };
}

type Body = Omit<Parsed, "line" | "column">;

const KEYWORDS = new Set(["if", "goto", "gotol", "may_goto", "call", "exit", "lock", "callx"]);

const LOAD_SIZES: Readonly<Record<string, InsnSize>> = { u8: "B", u16: "H", u32: "W", u64: "DW" };
const SIGNED_SIZES: Readonly<Record<string, InsnSize>> = { s8: "B", s16: "H", s32: "W" };
const CASTS: Readonly<Record<string, number>> = { s8: 8, s16: 16, s32: 32 };
const ASSIGNMENTS = ["+", "-", "*", "/", "s/", "|", "&", "<<", ">>", "%", "s%", "^", "s>>"];
const CONDITIONS = ["==", ">", ">=", "&", "!=", "s>", "s>=", "<", "<=", "s<", "s<="];
const FETCHES = ["fetch_add", "fetch_or", "fetch_and", "fetch_xor", "xchg", "cmpxchg"];

interface Register {
  readonly number: number;
  readonly is32: boolean;
}

function registerOf(text: string): Register | undefined {
  const match = /^([rRwW])(10|\d)$/.exec(text);
  if (match === null) return undefined;
  return { number: Number(match[2]), is32: match[1]!.toLowerCase() === "w" };
}

export class StatementParser {
  readonly #tokens: Statement;
  readonly #names: AsmNames;
  #at = 0;

  constructor(tokens: Statement, names: AsmNames) {
    this.#tokens = tokens;
    this.#names = names;
  }

  parse(): Body {
    const body = this.#instruction();
    const rest = this.#token();
    if (rest.kind !== "end") {
      throw syntaxError(rest, `\`${rest.text}\` is too much: the instruction was complete`);
    }
    return body;
  }

  #instruction(): Body {
    const first = this.#token();
    switch (first.text) {
      case "exit":
        this.#at++;
        return { insns: [build.exit()] };
      case "goto":
      case "gotol":
      case "may_goto":
        this.#at++;
        return this.#goto(first.text);
      case "if":
        this.#at++;
        return this.#if();
      case "call":
        this.#at++;
        return this.#call();
      case "lock":
        this.#at++;
        return this.#lock();
      case "store_release":
        this.#at++;
        return this.#storeRelease();
      case "*":
        return this.#store();
      default:
        return this.#assignment();
    }
  }

  #goto(word: string): Body {
    const target = this.#target();
    if (word === "may_goto") return { insns: [build.mayGoto(0)], target };
    return { insns: [word === "goto" ? build.jmpA(0) : build.jmp32A(0)], target };
  }

  #if(): Body {
    const left = this.#register();
    const operator = this.#token();
    if (!CONDITIONS.includes(operator.text)) {
      throw syntaxError(
        operator,
        `\`${operator.text}\` does not compare; write one of ${CONDITIONS.join(" ")}`,
      );
    }
    this.#at++;
    const right = this.#takeRegister();
    const insn =
      right === undefined
        ? this.#compareWithConstant(left, operator.text)
        : this.#compareRegisters(left, operator.text, right);
    this.#expect("goto", "an `if` ends in `goto` and a label, such as `goto out`");
    return { insns: [insn], target: this.#target() };
  }

  #compareRegisters(left: Register, condition: string, right: Register): Insn {
    this.#sameWidth(left, right);
    return left.is32
      ? build.jmp32Reg(condition, left.number, right.number, 0)
      : build.jmpReg(condition, left.number, right.number, 0);
  }

  #compareWithConstant(left: Register, condition: string): Insn {
    // The kernel prints the constant of a jump as 32 unsigned bits: -1 is 0xffffffff.
    const imm = this.#immediate(true);
    return left.is32
      ? build.jmp32Imm(condition, left.number, imm, 0)
      : build.jmpImm(condition, left.number, imm, 0);
  }

  #call(): Body {
    const token = this.#token();
    if (token.kind === "number") return { insns: [build.call(this.#immediate(false))] };
    if (token.text === "#") {
      this.#at++;
      return { insns: [build.call(this.#immediate(false))] };
    }
    if (token.text === "pc" || token.text === "+" || token.text === "-") {
      return { insns: [build.callRel(0)], target: this.#target() };
    }
    if (token.kind !== "word") {
      throw syntaxError(token, "`call` needs a helper, such as bpf_ktime_get_ns, or a label");
    }
    this.#at++;
    const kfunc = this.#names.kfunc(token.text);
    if (kfunc !== undefined) return { insns: [build.callKfunc(this.#numberOf(token, kfunc)!)] };
    const id = this.#numberOf(token, this.#names.helper(token.text));
    if (id !== undefined) return { insns: [build.call(id)] };
    return { insns: [build.callRel(0)], target: { label: token } };
  }

  /** What a name stands for, with or without the number that the kernel prints behind it. */
  #numberOf(token: Token, id: number | undefined): number | undefined {
    if (this.#token().text !== "#") return id;
    this.#at++;
    const number = this.#immediate(false);
    if (id !== undefined && id !== number) {
      throw syntaxError(token, `${token.text} has the number ${id}, not ${number}`);
    }
    return number;
  }

  /** `lock *(u64 *)(r1 +0) += r2` */
  #lock(): Body {
    const { size, signed } = this.#memoryType();
    if (signed) throw syntaxError(this.#token(), "atomic operations know u32 and u64 only");
    const { base, off } = this.#address();
    const operator = this.#token();
    const operation = operator.text.slice(0, -1);
    if (!["+=", "|=", "&=", "^="].includes(operator.text)) {
      throw syntaxError(operator, "`lock` goes with += |= &= ^= and a register");
    }
    this.#at++;
    return { insns: [build.atomicOp(size, operation, base, this.#register().number, off)] };
  }

  /** `store_release((u64 *)(r1 +0), r2)` */
  #storeRelease(): Body {
    this.#expect("(");
    const { size, base, off } = this.#pointerArgument();
    this.#expect(",");
    const src = this.#register();
    this.#expect(")");
    return { insns: [build.atomicOp(size, "store_release", base, src.number, off)] };
  }

  /** `*(u32 *)(r10 -4) = r1` */
  #store(): Body {
    const { size, signed } = this.#memoryType();
    if (signed) {
      throw syntaxError(this.#token(), "a store has no sign: write u8, u16, u32 or u64");
    }
    const { base, off } = this.#address();
    this.#expect(
      "=",
      "to change memory in place, write `lock` in front, or load, change and store",
    );
    const src = this.#takeRegister();
    if (src !== undefined) return { insns: [build.stxMem(size, base, src.number, off)] };
    return { insns: [build.stMem(size, base, off, this.#immediate(size !== "DW"))] };
  }

  #assignment(): Body {
    const dst = this.#register();
    const operator = this.#token();
    this.#at++;
    if (operator.text === "=") return this.#value(dst);
    const operation = operator.text.slice(0, -1);
    if (!operator.text.endsWith("=") || !ASSIGNMENTS.includes(operation)) {
      throw syntaxError(
        operator,
        `\`${operator.text}\` does not assign; write = or one of ${ASSIGNMENTS.map((o) => `${o}=`).join(" ")}`,
      );
    }
    const src = this.#takeRegister();
    if (src === undefined) {
      const imm = this.#immediate(dst.is32);
      return {
        insns: [
          dst.is32
            ? build.alu32Imm(operation, dst.number, imm)
            : build.alu64Imm(operation, dst.number, imm),
        ],
      };
    }
    this.#sameWidth(dst, src);
    return {
      insns: [
        dst.is32
          ? build.alu32Reg(operation, dst.number, src.number)
          : build.alu64Reg(operation, dst.number, src.number),
      ],
    };
  }

  /** What stands behind `r1 =`. */
  #value(dst: Register): Body {
    const token = this.#token();
    if (token.text === "*") return this.#load(dst);
    if (token.text === "(") return this.#cast(dst);
    if (token.text === "-" && registerOf(this.#token(1).text) !== undefined) {
      return this.#negation(dst);
    }
    if (token.kind === "number" || token.text === "-" || token.text === "+") {
      return this.#constant(dst);
    }
    if (token.text === "map" || token.text === "map_value") return this.#map(dst);
    if (token.text === "func") return this.#function(dst);
    if (token.text === "load_acquire") return this.#loadAcquire(dst);
    if (token.text === "addr_space_cast") return this.#addrSpaceCast(dst);
    const swap = /^(be|le|bswap)(16|32|64)$/.exec(token.text);
    if (swap !== null) return this.#swap(dst, swap[1]!, Number(swap[2]));
    const fetch = /^atomic(64)?_(\w+)$/.exec(token.text);
    if (fetch !== null) return this.#fetch(dst, fetch[2]!);
    const src = this.#register();
    this.#sameWidth(dst, src);
    const mov = dst.is32 ? build.mov32Reg : build.mov64Reg;
    return { insns: [mov(dst.number, src.number)] };
  }

  #constant(dst: Register): Body {
    const start = this.#at;
    const token = this.#token();
    const value = this.#integer();
    if (this.#token().text === "ll") {
      this.#at++;
      if (value < -(2n ** 63n) || value >= 2n ** 64n) {
        throw syntaxError(token, `${value} does not fit into 64 bits`);
      }
      return { insns: build.ldImm64(dst.number, value) };
    }
    this.#at = start;
    const imm = this.#immediate(dst.is32);
    return {
      insns: [dst.is32 ? build.mov32Imm(dst.number, imm) : build.mov64Imm(dst.number, imm)],
    };
  }

  #negation(dst: Register): Body {
    this.#at++;
    const token = this.#token();
    const src = this.#register();
    if (src.number !== dst.number || src.is32 !== dst.is32) {
      throw syntaxError(token, "a negation changes its own register: write `r1 = -r1`");
    }
    return { insns: [dst.is32 ? build.neg32(dst.number) : build.neg64(dst.number)] };
  }

  /** `r1 = (s8)r2` */
  #cast(dst: Register): Body {
    this.#expect("(");
    const type = this.#token();
    const bits = Object.hasOwn(CASTS, type.text) ? CASTS[type.text]! : 0;
    if (bits === 0 || (dst.is32 && bits === 32)) {
      throw syntaxError(type, `a register can be read as ${dst.is32 ? "s8, s16" : "s8, s16, s32"}`);
    }
    this.#at++;
    this.#expect(")");
    const src = this.#register();
    this.#sameWidth(dst, src);
    const movsx = dst.is32 ? build.movsx32Reg : build.movsx64Reg;
    return { insns: [movsx(dst.number, src.number, bits)] };
  }

  /** `r1 = addr_space_cast(r2, 0, 1)` */
  #addrSpaceCast(dst: Register): Body {
    this.#at++;
    this.#expect("(");
    const src = this.#register();
    this.#sameWidth(dst, src);
    this.#expect(",");
    const to = this.#immediate(true);
    this.#expect(",");
    const from = this.#immediate(true);
    this.#expect(")");
    return { insns: [build.addrSpaceCast(dst.number, src.number, to, from)] };
  }

  #swap(dst: Register, kind: string, bits: number): Body {
    this.#at++;
    const token = this.#token();
    const src = this.#register();
    if (src.number !== dst.number) {
      throw syntaxError(
        token,
        `a byte swap changes its own register: write \`r1 = ${kind}${bits} r1\``,
      );
    }
    const swap = kind === "be" ? build.toBe : kind === "le" ? build.toLe : build.bswap;
    return { insns: [swap(dst.number, bits)] };
  }

  /** `r1 = *(u32 *)(r2 +4)` and `r0 = *(u8 *)skb[23]` */
  #load(dst: Register): Body {
    const { size, signed } = this.#memoryType();
    if (this.#token().text === "skb") return this.#skbLoad(dst, size);
    const { base, off } = this.#address();
    const load = signed ? build.ldxMemsx : build.ldxMem;
    return { insns: [load(size, dst.number, base, off)] };
  }

  #skbLoad(dst: Register, size: InsnSize): Body {
    if (dst.number !== 0) throw syntaxError(this.#token(), "loads from skb[] go to r0");
    this.#at++;
    this.#expect("[");
    const src = this.#takeRegister();
    if (src !== undefined && this.#token().text === "]") {
      this.#at++;
      return { insns: [build.ldInd(size, src.number, 0)] };
    }
    const imm = this.#immediate(false);
    this.#expect("]");
    return {
      insns: [src === undefined ? build.ldAbs(size, imm) : build.ldInd(size, src.number, imm)],
    };
  }

  /** `r1 = map[counts]`, `r1 = map_value[counts]+8` */
  #map(dst: Register): Body {
    const isValue = this.#token().text === "map_value";
    this.#at++;
    this.#expect("[");
    const name = this.#token();
    if (name.kind !== "word" && name.kind !== "number") {
      throw syntaxError(name, "between [ and ] stands the name of a map");
    }
    this.#at++;
    this.#expect("]");
    const off = isValue && /^[+-]$/.test(this.#token().text) ? this.#immediate(false) : 0;
    if (this.#token().text === "ll") this.#at++;
    const insns = isValue ? build.ldMapValue(dst.number, 0, off) : build.ldMapFd(dst.number, 0);
    return { insns, map: name.text };
  }

  /** `r2 = func[body]`: the address of a function of this program, for helpers that call back. */
  #function(dst: Register): Body {
    this.#at++;
    this.#expect("[");
    const label = this.#token();
    if (label.kind !== "word") throw syntaxError(label, "between [ and ] stands a label");
    this.#at++;
    this.#expect("]");
    return { insns: build.ldFunc(dst.number, 0), target: { label } };
  }

  #loadAcquire(dst: Register): Body {
    this.#at++;
    this.#expect("(");
    const { size, base, off } = this.#pointerArgument();
    this.#expect(")");
    return { insns: [build.atomicOp(size, "load_acquire", dst.number, base, off)] };
  }

  /** `r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)`, `r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)` */
  #fetch(dst: Register, operation: string): Body {
    const word = this.#token();
    if (!FETCHES.includes(operation)) {
      throw syntaxError(
        word,
        `\`${word.text}\` is unknown; there are atomic_ and atomic64_ with ${FETCHES.join(", ")}`,
      );
    }
    this.#at++;
    this.#expect("(");
    const { size, base, off } = this.#pointerArgument();
    this.#expect(",");
    if (operation === "cmpxchg") {
      const old = this.#token();
      if (this.#register().number !== 0 || dst.number !== 0) {
        throw syntaxError(old, "cmpxchg compares with r0 and answers in r0");
      }
      this.#expect(",");
    }
    const token = this.#token();
    const src = this.#register();
    this.#expect(")");
    if (operation !== "cmpxchg" && src.number !== dst.number) {
      throw syntaxError(token, "the old value comes back in the register that held the operand");
    }
    if (word.text.startsWith("atomic64") !== (size === "DW")) {
      throw syntaxError(word, "atomic64_ goes with u64, atomic_ with u32");
    }
    return { insns: [build.atomicOp(size, operation, base, src.number, off)] };
  }

  /** `(u64 *)(r1 +0)` */
  #pointerArgument(): { size: InsnSize; base: number; off: number } {
    const { size, signed } = this.#type();
    if (signed) throw syntaxError(this.#token(), "atomic operations know no signed types");
    return { size, ...this.#address() };
  }

  /** `*(u32 *)` */
  #memoryType(): { size: InsnSize; signed: boolean } {
    this.#expect("*");
    return this.#type();
  }

  #type(): { size: InsnSize; signed: boolean } {
    this.#expect("(");
    const type = this.#token();
    const signed = Object.hasOwn(SIGNED_SIZES, type.text);
    if (!signed && !Object.hasOwn(LOAD_SIZES, type.text)) {
      throw syntaxError(
        type,
        `\`${type.text}\` is no size; write u8, u16, u32, u64, s8, s16 or s32`,
      );
    }
    this.#at++;
    this.#expect("*");
    this.#expect(")");
    return { size: (signed ? SIGNED_SIZES : LOAD_SIZES)[type.text]!, signed };
  }

  /** `(r10 -8)` */
  #address(): { base: number; off: number } {
    this.#expect("(");
    const base = this.#register();
    if (base.is32)
      throw syntaxError(this.#token(-1), "an address is a whole register: write r, not w");
    let off = 0;
    if (this.#token().text !== ")") {
      const sign = this.#token();
      if (sign.text !== "+" && sign.text !== "-") {
        throw syntaxError(sign, "an offset has a sign, such as `(r1 +8)`");
      }
      const value = this.#integer();
      if (value < -0x8000n || value > 0x7fffn) {
        throw syntaxError(
          sign,
          `offset ${value} does not fit into 16 bits; add it to the register`,
        );
      }
      off = Number(value);
    }
    this.#expect(")");
    return { base: base.number, off };
  }

  /** A label, `+3` or `pc+3`. */
  #target(): Target {
    const token = this.#token();
    if (token.text === "pc" && /^[+-]$/.test(this.#token(1).text)) this.#at++;
    const next = this.#token();
    if (next.text === "+" || next.text === "-") return { distance: this.#immediate(false) };
    if (next.kind !== "word") {
      throw syntaxError(next, "a jump goes to a label, or over a number of slots such as +3");
    }
    this.#at++;
    return { label: next };
  }

  /** 32 bits; with `isUnsignedToo` also 0x80000000 to 0xffffffff, which stand for negative ones. */
  #immediate(isUnsignedToo: boolean): number {
    const token = this.#token();
    const value = this.#integer();
    const max = isUnsignedToo ? 0xffff_ffffn : 0x7fff_ffffn;
    if (value < -0x8000_0000n || value > max) {
      throw syntaxError(
        token,
        `${value} does not fit into the 32 bits of an instruction's constant; load it into a register first: \`r1 = ${value} ll\``,
      );
    }
    return Number(BigInt.asIntN(32, value));
  }

  /** A number with an optional sign. */
  #integer(): bigint {
    let isNegative = false;
    while (this.#token().text === "-" || this.#token().text === "+") {
      if (this.#token().text === "-") isNegative = !isNegative;
      this.#at++;
    }
    const token = this.#token();
    if (token.kind !== "number")
      throw syntaxError(token, `a number belongs here, not \`${token.text}\``);
    this.#at++;
    const value = BigInt(token.text.replaceAll("_", ""));
    return isNegative ? -value : value;
  }

  #register(): Register {
    const register = this.#takeRegister();
    if (register !== undefined) return register;
    const token = this.#token();
    throw syntaxError(
      token,
      `a register belongs here (r0 to r10, w0 to w10), not \`${token.text}\``,
    );
  }

  #takeRegister(): Register | undefined {
    const register = registerOf(this.#token().text);
    if (register !== undefined) this.#at++;
    return register;
  }

  #sameWidth(dst: Register, src: Register): void {
    if (dst.is32 === src.is32) return;
    throw syntaxError(
      this.#token(-1),
      "r and w cannot be mixed: w registers are the lower halves of the r registers",
    );
  }

  #expect(text: string, remedy?: string): void {
    const token = this.#token();
    if (token.text !== text || token.kind === "end") {
      const hint = remedy === undefined ? "" : `; ${remedy}`;
      throw syntaxError(token, `\`${text}\` belongs here, not \`${token.text}\`${hint}`);
    }
    this.#at++;
  }

  #token(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }
}
