import type { Registers64, Stub64Options, Stub64Result, Stub64Step } from "../../api/x86.ts";

/**
 * A few instructions of x86-64: what a system call's stub is made of. Registers are 64-bit values as numbers, exact
 * to 2^53.
 *
 * @spec Intel SDM vol. 2, SYSCALL; System V ABI for x86-64, 3.2.1 and A.2.1
 * @simplified mov, push, pop, xchg, xor of a register with itself, add and sub with a constant, lea, nop, syscall, ret: in
 * AT&T syntax, whole registers of 64 bits, or of 32 (whose upper half becomes 0).
 */
const REGISTERS = [
  ...(["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] as const),
  ...(["r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"] as const),
];
type Register = (typeof REGISTERS)[number];

const STACK_TOP = 0x7fff_ffff_f000;
const RETURN_ADDRESS = 0x40_1000;
const CODE = 0x40_2000;
/** IF, and the bit that is always set. */
const RFLAGS = 0x202;
const STEPS_MAX = 1000;
const U32 = 2 ** 32;

interface Line {
  readonly number: number;
  readonly text: string;
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
}

type Operand =
  | { readonly kind: "register"; readonly name: Register; readonly is32: boolean }
  | { readonly kind: "immediate"; readonly value: number }
  | { readonly kind: "memory"; readonly base: Register; readonly offset: number };

/**
 * Calls a function of x86-64 machine code as C does, and shows every step: `syscall` enters a kernel that answers what
 * `options.kernel` says.
 */
export function runStub64(source: string, options: Stub64Options = {}): Stub64Result {
  const lines = parse(String(source));
  return new Machine64(lines, options).run();
}

class Machine64 {
  readonly #lines: readonly Line[];
  readonly #options: Stub64Options;
  readonly #r: Record<Register, number>;
  readonly #memory = new Map<number, number>();
  readonly #steps: Stub64Step[] = [];
  readonly #calls: (readonly number[])[] = [];

  constructor(lines: readonly Line[], options: Stub64Options) {
    this.#lines = lines;
    this.#options = options;
    const [di = 0, si = 0, dx = 0, cx = 0, r8 = 0, r9 = 0, ...stack] = options.args ?? [];
    this.#r = Object.fromEntries(REGISTERS.map((name) => [name, 0])) as Record<Register, number>;
    for (const name of REGISTERS) this.#r[name] = options.registers?.[name] ?? 0;
    Object.assign(this.#r, { rdi: di, rsi: si, rdx: dx, rcx: cx, r8, r9, rip: CODE });
    // As at the entry of a function: the return address, above it what did not fit into registers.
    let sp = STACK_TOP - 8 * (stack.length + (stack.length % 2));
    for (const [i, word] of stack.entries()) this.#memory.set(sp + i * 8, word);
    sp -= 8;
    this.#memory.set(sp, RETURN_ADDRESS);
    this.#r.rsp = sp;
  }

  run(): Stub64Result {
    const before = this.#registers();
    for (let at = 0; this.#r.rip !== RETURN_ADDRESS; ) {
      const line = this.#lines[at];
      if (line === undefined) throw new SyntaxError("the function runs over its last line: no ret");
      if (this.#steps.length >= STEPS_MAX) throw new Error("the function does not end");
      at++;
      this.#r.rip = CODE + at * 4;
      this.#execute(line);
      this.#steps.push(
        Object.freeze({ line: line.number, text: line.text, registers: this.#registers() }),
      );
    }
    return Object.freeze({
      before,
      registers: this.#registers(),
      returned: this.#r.rax,
      calls: Object.freeze(this.#calls),
      steps: Object.freeze(this.#steps),
    });
  }

  #execute({ mnemonic, operands, number }: Line): void {
    const [first, second] = operands;
    const count = first === undefined ? 0 : second === undefined ? 1 : 2;
    if (count !== OPERANDS[mnemonic]) {
      throw new SyntaxError(`line ${number}: ${mnemonic} has another number of operands`);
    }
    if (mnemonic === "syscall") this.#syscall();
    else if (mnemonic === "push") this.#push(this.#get(first!));
    else if (mnemonic === "pop") this.#put(first!, this.#pop(), number);
    else if (mnemonic === "ret") {
      this.#r.rip = this.#pop();
      if (this.#r.rip !== RETURN_ADDRESS) throw new Error("ret to where no caller is: SIGSEGV");
    } else if (mnemonic === "xchg") {
      const value = this.#get(first!);
      this.#put(first!, this.#get(second!), number);
      this.#put(second!, value, number);
    } else if (second !== undefined)
      this.#put(second, this.#result(mnemonic, first!, second, number), number);
  }

  #result(mnemonic: string, first: Operand, second: Operand, number: number): number {
    if (mnemonic === "add") return this.#get(second) + this.#get(first);
    if (mnemonic === "sub") return this.#get(second) - this.#get(first);
    if (mnemonic === "mov") return this.#get(first);
    if (mnemonic === "lea" && first.kind === "memory") return this.#r[first.base] + first.offset;
    if (mnemonic === "xor" && JSON.stringify(first) === JSON.stringify(second)) return 0;
    throw new SyntaxError(
      `line ${number}: lea takes an address, and xor is here only for a register with itself`,
    );
  }

  #push(value: number): void {
    this.#r.rsp -= 8;
    this.#memory.set(this.#r.rsp, value);
  }

  #pop(): number {
    const value = this.#memory.get(this.#r.rsp) ?? 0;
    this.#r.rsp += 8;
    return value;
  }

  /** The processor keeps the return address in rcx and the flags in r11, so these two are lost. */
  #syscall(): void {
    const { rax, rdi, rsi, rdx, r10, r8, r9, rip } = this.#r;
    this.#calls.push(Object.freeze([rax, rdi, rsi, rdx, r10, r8, r9]));
    const answer = this.#options.kernel?.(rax, rdi, rsi, rdx, r10, r8, r9);
    this.#r.rcx = rip;
    this.#r.r11 = RFLAGS;
    this.#r.rax = answer ?? -38;
  }

  #get(operand: Operand): number {
    if (operand.kind === "immediate") return operand.value;
    if (operand.kind === "memory")
      return this.#memory.get(this.#r[operand.base] + operand.offset) ?? 0;
    const value = this.#r[operand.name];
    return operand.is32 ? ((value % U32) + U32) % U32 : value;
  }

  #put(operand: Operand, value: number, number: number): void {
    if (operand.kind === "immediate")
      throw new SyntaxError(`line ${number}: a constant is no place`);
    if (operand.kind === "memory") {
      this.#memory.set(this.#r[operand.base] + operand.offset, value);
      return;
    }
    this.#r[operand.name] = operand.is32 ? ((value % U32) + U32) % U32 : value;
  }

  #registers(): Registers64 {
    return Object.freeze({ ...this.#r });
  }
}

const OPERANDS: Readonly<Record<string, number>> = {
  ...{ mov: 2, lea: 2, xchg: 2, add: 2, sub: 2, xor: 2 },
  ...{ push: 1, pop: 1, ret: 0, syscall: 0, nop: 0, endbr64: 0 },
};

function parse(source: string): Line[] {
  const lines: Line[] = [];
  source.split("\n").forEach((whole, i) => {
    for (const part of whole.replace(/#.*$/, "").split(";")) {
      const text = part.trim().replace(/^[\w.$]+:\s*/, "");
      if (text === "" || text.startsWith(".")) continue;
      const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
      const mnemonic = Object.hasOwn(OPERANDS, word) ? word : word.replace(/[lq]$/, "");
      if (!Object.hasOwn(OPERANDS, mnemonic)) {
        throw new SyntaxError(`line ${i + 1}: ${word} is not among the instructions that are here`);
      }
      const operands = rest === "" ? [] : splitOperands(rest).map((piece) => operand(piece, i + 1));
      if (operands.filter(({ kind }) => kind === "memory").length > 1) {
        throw new SyntaxError(`line ${i + 1}: no instruction has two operands in memory`);
      }
      lines.push({ number: i + 1, text: text.replace(/\s+/g, " "), mnemonic, operands });
    }
  });
  return lines;
}

function splitOperands(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((piece) => piece.trim());
}

function operand(text: string, line: number): Operand {
  const constant = /^\$(-?(?:0x[0-9a-f]+|\d+))$/i.exec(text);
  if (constant !== null) return { kind: "immediate", value: Number(constant[1]) };
  const memory = /^(-?(?:0x[0-9a-f]+|\d+))?\(%(\w+)\)$/i.exec(text);
  if (memory !== null) {
    const base = register(memory[2]!, line);
    return { kind: "memory", base: base.name, offset: Number(memory[1] ?? 0) };
  }
  if (text.startsWith("%")) return { kind: "register", ...register(text.slice(1), line) };
  throw new SyntaxError(`line ${line}: ${text} is no operand`);
}

function register(name: string, line: number): { name: Register; is32: boolean } {
  const whole = REGISTERS.find((known) => known === name && known !== "rip");
  if (whole !== undefined) return { name: whole, is32: false };
  const half = REGISTERS.find(
    (known) => name === known.replace(/^r(?=[a-z])/, "e") || name === `${known}d`,
  );
  if (half !== undefined && half !== "rip") return { name: half, is32: true };
  throw new SyntaxError(`line ${line}: %${name} is no register of 64 or 32 bits`);
}
