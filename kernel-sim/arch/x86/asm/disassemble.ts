/**
 * From bytes to instructions, written as objdump writes them, in AT&T or in Intel syntax.
 *
 * @simplified instructions of the FPU and of vector registers are "(bad)", as is what this processor
 *   answers with #UD.
 */
import { REG8, REG16, REG32, SEGMENTS } from "../registers.ts";
import { GROUPS, ONE_BYTE, TWO_BYTE } from "./disassembly-table.ts";

export interface Disassembled {
  /** How many bytes belong to it; at least one. */
  readonly length: number;
  /** Name and operands, as objdump prints them. */
  readonly text: string;
  /** Where a jump or call leads, when the instruction itself says so. */
  readonly target: number | undefined;
}

export interface DisassembleOptions {
  readonly syntax?: "att" | "intel";
  /** What stands in angle brackets behind an address: `main+0x10`. */
  readonly symbolAt?: (address: number) => string | undefined;
}

/** The instruction at `bytes[at]`, which lies at `address`. */
export function disassemble(
  bytes: Uint8Array,
  at: number,
  address: number,
  options: DisassembleOptions = {},
): Disassembled {
  try {
    return new Reader(bytes, at, address, options).read();
  } catch (thrown) {
    if (thrown !== NO_INSTRUCTION) throw thrown;
    return { length: 1, text: "(bad)", target: undefined };
  }
}

/** Thrown at the end of the bytes, and at a register where there can only be memory. */
const NO_INSTRUCTION = Object.freeze({});

const SEGMENT_OF: ReadonlyMap<number, number> = new Map(
  [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65].map((byte, i) => [byte, i]),
);
const PTR: Readonly<Record<string, string>> = {
  ...{ b: "BYTE PTR ", w: "WORD PTR ", d: "DWORD PTR ", q: "QWORD PTR ", p: "FWORD PTR " },
};

class Reader {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #address: number;
  readonly #isIntel: boolean;
  readonly #symbolAt: ((address: number) => string | undefined) | undefined;
  #at: number;
  #is16 = false;
  #segment: number | undefined;
  #repeat = 0;
  #isLocked = false;
  /** A DS prefix on an indirect jump: it need not lead to an ENDBR. */
  #isUntracked = false;
  #usesSegment = false;
  #uses16 = false;
  #modrm = -1;
  #opcode = 0;
  /** Where the memory operand's bytes have been read: text without size. */
  #memory = "";
  #target: number | undefined;

  constructor(bytes: Uint8Array, at: number, address: number, options: DisassembleOptions) {
    this.#bytes = bytes;
    this.#start = at;
    this.#at = at;
    this.#address = address;
    this.#isIntel = options.syntax === "intel";
    this.#symbolAt = options.symbolAt;
  }

  read(): Disassembled {
    let byte = this.#byte();
    for (; ; byte = this.#byte()) {
      if (byte === 0x66) this.#is16 = true;
      else if (byte === 0xf0) this.#isLocked = true;
      else if (byte === 0xf2 || byte === 0xf3) this.#repeat = byte;
      else if (SEGMENT_OF.has(byte)) this.#segment = SEGMENT_OF.get(byte);
      else break;
    }
    this.#opcode = byte;
    let row: string | undefined;
    if (byte === 0x0f) {
      this.#opcode = this.#byte();
      row = this.#twoByteRow();
    } else {
      row = byte === 0x90 && this.#repeat === 0xf3 ? this.#mandatory("pause") : ONE_BYTE[byte];
      if (byte === 0x90 && this.#is16) row = "xchg Zv,ax";
      row = this.#group(row);
    }
    if (row === undefined || row === "") return this.#bad();
    return this.#print(row);
  }

  #bad(): Disassembled {
    return { length: 1, text: "(bad)", target: undefined };
  }

  /** A prefix that is part of the opcode is not printed. */
  #mandatory(row: string): string {
    this.#repeat = 0;
    return row;
  }

  #twoByteRow(): string | undefined {
    const opcode = this.#opcode;
    if (opcode === 0x1e) return this.#hint();
    if (opcode === 0xae) return this.#group15();
    if (opcode === 0xb8) {
      return this.#repeat === 0xf3 ? this.#mandatory(TWO_BYTE[opcode]!) : undefined;
    }
    if (opcode === 0xc7) return this.#reg() === 1 && !this.#isRegister() ? "cmpxchg8b Mq" : "";
    if (opcode === 0x01 && this.#isRegister()) return this.#group7Register();
    if (opcode === 0x01 && this.#reg() === 5) {
      return this.#repeat === 0xf3 ? this.#mandatory("rstorssp Mq") : "";
    }
    if (opcode === 0x18) {
      return (
        ["prefetchnta M", "prefetcht0 M", "prefetcht1 M", "prefetcht2 M"][this.#reg()] ?? "nopV Ev"
      );
    }
    if (opcode === 0x0d) return this.#reg() === 0 ? "prefetch M" : "prefetchw M";
    return this.#group(TWO_BYTE[opcode]);
  }

  #hint(): string {
    if (this.#repeat === 0xf3) {
      const modrm = this.#modrmByte();
      if (modrm === 0xfb) return this.#mandatory("endbr32");
      if (modrm === 0xfa) return this.#mandatory("endbr64");
      if (this.#reg() === 1 && this.#isRegister()) return this.#mandatory("rdsspd Rd");
    }
    return "nopV Ev";
  }

  #group15(): string {
    const reg = this.#reg();
    if (!this.#isRegister()) return reg === 7 ? "clflush M" : "";
    if (this.#repeat === 0xf3) return reg === 5 ? this.#mandatory("incsspd Rd") : "";
    return ["", "", "", "", "", "lfence", "mfence", "sfence"][reg]!;
  }

  #group7Register(): string {
    const modrm = this.#modrmByte();
    switch (modrm) {
      case 0xca:
        return "clac";
      case 0xcb:
        return "stac";
      case 0xf9:
        return "rdtscp";
      case 0xea:
        return this.#repeat === 0xf3 ? this.#mandatory("saveprevssp") : "";
      default:
        return this.#reg() === 4 || this.#reg() === 6 ? GROUPS["group7"]![this.#reg()]! : "";
    }
  }

  /** Replaces a group's name by the operation that ModRM selects. */
  #group(row: string | undefined): string | undefined {
    const found = /^(group[1-8])([BV]?)(.*)$/.exec(row ?? "");
    if (found === null) {
      const isMov = (this.#opcode | 1) === 0xc7 && row?.startsWith("mov") === true;
      if ((isMov || row === "popP Ev") && this.#reg() !== 0) return "";
      return row;
    }
    const [, name, suffix, operands] = found;
    const operation = GROUPS[name!]![this.#reg()]!;
    if (operation === "" || operation.includes(" ")) return operation;
    if (name === "group3" && operation === "test") {
      return suffix === "B" ? "testB Eb,Ib" : "testV Ev,Iv";
    }
    return operation + suffix! + operands!;
  }

  #print(row: string): Disassembled {
    const isBranch = this.#opcode === 0xff && (this.#reg() === 2 || this.#reg() === 4);
    if (isBranch && this.#segment === 3) {
      this.#isUntracked = true;
      this.#segment = undefined;
    }
    const [names, kinds] = row.split(" ");
    const list = kinds === undefined ? [] : kinds.split(",");
    const operands = list.map((kind) => this.#operand(kind));
    const name = this.#name(names!, list);
    const shown = this.#isIntel ? operands : attOrder(this.#opcode, operands);
    const prefix = this.#prefixes(name);
    const words = shown.filter((operand) => operand !== "").join(",");
    const written = prefix + name;
    const whole = words === "" ? written : `${written.padEnd(6)} ${words}`;
    return { length: this.#at - this.#start, text: whole, target: this.#target };
  }

  #prefixes(name: string): string {
    let text = this.#isUntracked ? "notrack " : "";
    if (this.#segment !== undefined && !this.#usesSegment) text += `${SEGMENTS[this.#segment]!} `;
    if (this.#is16 && !this.#uses16) text += "data16 ";
    if (this.#isLocked) text += "lock ";
    if (this.#repeat !== 0) {
      const compares = /^(?:cmps|scas)/.test(name);
      const isString = /^(?:movs[bwl]?|stos|lods|ins|outs)/.test(name) && !name.startsWith("movsx");
      if (this.#repeat === 0xf2) text += "repnz ";
      else text += isString && !compares ? "rep " : "repz ";
    }
    return text;
  }

  #name(names: string, kinds: readonly string[]): string {
    const [att, intel] = names.split("|");
    const written = this.#isIntel ? (intel ?? att!) : att!;
    const base = written.replace(/[A-Z]$/, "");
    const suffix = written.slice(base.length);
    const letter = this.#is16 ? "w" : "l";
    const hasRegister = kinds.some(
      (kind) => /^[GSCDZ]/.test(kind) || kind === "al" || kind === "ax",
    );
    const isMemory = this.#modrm >= 0 && !this.#isRegister();
    switch (suffix) {
      case "A":
        this.#uses16 = true;
        return this.#is16 ? `${base}w` : base;
      case "B":
        return !this.#isIntel && isMemory && !hasRegister ? `${base}b` : base;
      case "V":
        return !this.#isIntel && isMemory && !hasRegister ? base + letter : base;
      case "P":
        this.#uses16 = true;
        return !this.#isIntel && isMemory && this.#is16 ? `${base}w` : base;
      case "S":
        this.#uses16 = true;
        return this.#isIntel ? base + (this.#is16 ? "w" : "d") : base + letter;
      default:
        return this.#sized(base);
    }
  }

  /** CBW and its relatives change their name with the size. */
  #sized(name: string): string {
    if (!this.#is16) return name;
    const narrow = { cwtl: "cbtw", cltd: "cwtd", cwde: "cbw", cdq: "cwd" }[name];
    if (narrow === undefined) return name;
    this.#uses16 = true;
    return narrow;
  }

  #operand(kind: string): string {
    const size = kind.slice(-1);
    switch (kind) {
      case "al":
        return this.#register("al");
      case "ax":
        this.#uses16 = true;
        return this.#register(this.#is16 ? "ax" : "eax");
      case "cl":
      case "es":
      case "cs":
      case "ss":
      case "ds":
      case "fs":
      case "gs":
        return this.#register(kind);
      case "dx":
        return this.#isIntel ? "dx" : "(%dx)";
      case "1":
        return this.#isIntel ? "1" : "";
      case "xlat":
        return this.#string(3, "ebx", "b");
    }
    switch (kind[0]) {
      case "E":
      case "M":
        return this.#rm(kind);
      case "S":
        if (kind === "Svw") return this.#rm("Evw");
        return this.#register(SEGMENTS[this.#reg()] ?? "?");
      case "R":
        this.#modrmByte();
        return this.#register(REG32[this.#modrm & 7]!);
      case "G":
        return this.#generalRegister(this.#reg(), size);
      case "Z":
        return this.#generalRegister(this.#opcode & 7, size);
      case "C":
        return this.#register(`cr${this.#reg()}`);
      case "D":
        return this.#register(this.#isIntel ? `dr${this.#reg()}` : `db${this.#reg()}`);
      case "I":
        return this.#number(this.#immediate(size));
      case "s":
        return this.#number(this.#signed());
      case "J":
        return this.#jump(size);
      case "O":
        return this.#offset(size);
      case "X":
        return this.#string(3, "esi", size);
      case "Y":
        return this.#string(-1, "edi", size);
      default:
        return this.#far();
    }
  }

  #register(name: string): string {
    return this.#isIntel ? name : `%${name}`;
  }

  #generalRegister(number: number, size: string): string {
    if (size === "b") return this.#register(REG8[number]!);
    if (size === "w") return this.#register(REG16[number]!);
    if (size === "v") this.#uses16 = true;
    const isNarrow = size === "v" && this.#is16;
    return this.#register((isNarrow ? REG16 : REG32)[number]!);
  }

  #number(value: number): string {
    return `${this.#isIntel ? "" : "$"}${hex(value)}`;
  }

  #immediate(size: string): number {
    if (size === "b") return this.#byte();
    if (size === "w") return this.#half();
    this.#uses16 = true;
    return this.#is16 ? this.#half() : this.#word() >>> 0;
  }

  #signed(): number {
    const value = (this.#byte() << 24) >> 24;
    this.#uses16 = true;
    return this.#is16 ? value & 0xffff : value >>> 0;
  }

  #jump(size: string): string {
    const distance =
      size === "b" ? (this.#byte() << 24) >> 24 : this.#is16 ? this.#near() : this.#word();
    const end = this.#address + (this.#at - this.#start);
    const target = (this.#is16 && size !== "b" ? (end + distance) & 0xffff : end + distance) >>> 0;
    this.#target = target;
    const symbol = this.#symbolAt?.(target);
    const text = target.toString(16);
    return symbol === undefined ? `0x${text}` : `${text} <${symbol}>`;
  }

  #near(): number {
    this.#uses16 = true;
    return (this.#half() << 16) >> 16;
  }

  #offset(size: string): string {
    const place = hex(this.#word() >>> 0);
    this.#usesSegment = true;
    if (size === "v") this.#uses16 = true;
    if (this.#isIntel) return `${SEGMENTS[this.#segment ?? 3]!}:${place}`;
    return this.#segment === undefined ? place : `%${SEGMENTS[this.#segment]!}:${place}`;
  }

  /** A string instruction's operand; the target is in ES whatever a prefix says. */
  #string(usual: number, register: string, size: string): string {
    if (usual >= 0) this.#usesSegment = true;
    if (size === "v") this.#uses16 = true;
    const segment = SEGMENTS[usual < 0 ? 0 : (this.#segment ?? usual)]!;
    if (!this.#isIntel) return `%${segment}:(%${register})`;
    return `${PTR[this.#letter(size)]!}${segment}:[${register}]`;
  }

  #letter(size: string): string {
    return size === "v" ? (this.#is16 ? "w" : "d") : size;
  }

  #far(): string {
    const offset = this.#is16 ? this.#half() : this.#word() >>> 0;
    this.#uses16 = true;
    const selector = this.#half();
    return this.#isIntel ? `${hex(selector)}:${hex(offset)}` : `$${hex(selector)},$${hex(offset)}`;
  }

  #rm(kind: string): string {
    const modrm = this.#modrmByte();
    let size = kind.slice(1);
    // Segment registers and the like: a word in memory, a whole register otherwise.
    if (size === "vw") size = this.#isRegister() ? "v" : "w";
    const isBranch = this.#opcode === 0xff && [2, 3, 4, 5].includes(this.#reg());
    const star = isBranch && !this.#isIntel ? "*" : "";
    if (this.#isRegister()) {
      if (kind.startsWith("M")) throw NO_INSTRUCTION;
      return star + this.#generalRegister(modrm & 7, size);
    }
    if (this.#memory === "") this.#memory = this.#readMemory(modrm);
    if (size === "v") this.#uses16 = true;
    if (size === "p" && this.#is16) {
      this.#uses16 = true;
      return star + (this.#isIntel ? "DWORD PTR " : "") + this.#memory;
    }
    if (size === "a") {
      this.#uses16 = true;
      return (this.#isIntel ? PTR[this.#is16 ? "d" : "q"]! : "") + this.#memory;
    }
    return star + (this.#isIntel ? (PTR[this.#letter(size)] ?? "") : "") + this.#memory;
  }

  #readMemory(modrm: number): string {
    const mod = modrm >> 6;
    const rm = modrm & 7;
    let base: string | undefined = REG32[rm];
    let index: string | undefined;
    let scale = 1;
    let hasIndex = false;
    if (rm === 4) {
      const sib = this.#byte();
      base = REG32[sib & 7];
      scale = 1 << (sib >> 6);
      const number = (sib >> 3) & 7;
      // Without an index and with the base that needs this form, nothing is shown.
      hasIndex = number !== 4 || (sib & 7) !== 4 || scale !== 1;
      index = number === 4 ? "eiz" : REG32[number]!;
    }
    const isBare = mod === 0 && base === "ebp";
    if (isBare) base = undefined;
    let displacement: number | undefined;
    if (mod === 1) displacement = (this.#byte() << 24) >> 24;
    else if (mod === 2 || isBare) displacement = this.#word();
    this.#usesSegment = true;
    const shownIndex = hasIndex ? index : undefined;
    return this.#isIntel
      ? this.#intelMemory(base, shownIndex, scale, displacement)
      : this.#attMemory(base, shownIndex, scale, displacement);
  }

  #attMemory(
    base: string | undefined,
    index: string | undefined,
    scale: number,
    displacement: number | undefined,
  ): string {
    const segment = this.#segment === undefined ? "" : `%${SEGMENTS[this.#segment]!}:`;
    if (base === undefined && index === undefined) return segment + hex(displacement! >>> 0);
    const number = displacement === undefined ? "" : signedHex(displacement);
    const first = base === undefined ? "" : `%${base}`;
    const rest = index === undefined ? "" : `,%${index},${scale}`;
    return `${segment}${number}(${first}${rest})`;
  }

  #intelMemory(
    base: string | undefined,
    index: string | undefined,
    scale: number,
    displacement: number | undefined,
  ): string {
    const segment = this.#segment === undefined ? "" : `${SEGMENTS[this.#segment]!}:`;
    if (base === undefined && index === undefined) {
      return `${segment === "" ? "ds:" : segment}${hex(displacement! >>> 0)}`;
    }
    const terms = [base, index === undefined ? undefined : `${index}*${scale}`];
    const sum = terms.filter((term) => term !== undefined).join("+");
    const number =
      displacement === undefined ? "" : `${displacement < 0 ? "" : "+"}${signedHex(displacement)}`;
    return `${segment}[${sum}${number}]`;
  }

  #modrmByte(): number {
    if (this.#modrm < 0) this.#modrm = this.#byte();
    return this.#modrm;
  }

  #reg(): number {
    return (this.#modrmByte() >> 3) & 7;
  }

  #isRegister(): boolean {
    return this.#modrmByte() >> 6 === 3;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || this.#at - this.#start > 15) throw NO_INSTRUCTION;
    this.#at++;
    return byte;
  }

  #half(): number {
    return this.#byte() | (this.#byte() << 8);
  }

  #word(): number {
    return this.#half() | (this.#half() << 16);
  }
}

/** AT&T's order is the other way round, but for a few. */
function attOrder(opcode: number, operands: readonly string[]): readonly string[] {
  return opcode === 0xc8 || opcode === 0x62 ? operands : operands.toReversed();
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function signedHex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
