import { fromUtf8 } from "../../marshal.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";
import { fail, readPath, writeAll } from "../io.ts";
import { replaced } from "./replace.ts";
import type { SedAddress, SedCommand } from "./script.ts";

const O_COPY = 0o1101;

const LINE = 69;

/** Where the cycle goes on behind a command. */
type Step = number | "next" | "again" | "quit";

/** One run of a script over its input: pattern space, hold space, and the ranges that are open. */
export class SedRun {
  output = "";
  readonly #sys: Sys;
  readonly #commands: readonly SedCommand[];
  readonly #isQuiet: boolean;
  readonly #lines: string[];
  /** Whether the last line of the input ends in a newline. */
  readonly #isWhole: boolean;
  /** By command: the line with which its range ends, or Infinity for one that waits for a pattern. */
  readonly #ranges = new Map<SedCommand, number>();
  readonly #files = new Map<string, number>();
  #at = 0;
  #space = "";
  #hold = "";
  #appended: { readonly text: string; readonly isFile: boolean }[] = [];
  #isSubstituted = false;
  #lastPattern: RegExp | undefined;
  #status: number | undefined;
  readonly #path: string;

  constructor(
    sys: Sys,
    commands: readonly SedCommand[],
    isQuiet: boolean,
    inputs: readonly { readonly path: string; readonly text: string }[],
  ) {
    this.#sys = sys;
    this.#commands = commands;
    this.#isQuiet = isQuiet;
    this.#path = inputs[0]?.path ?? "-";
    this.#lines = inputs.flatMap(({ text }) =>
      text
        .replace(/\n$/, "")
        .split("\n")
        .slice(text === "" ? 1 : 0),
    );
    this.#isWhole = inputs.findLast(({ text }) => text !== "")?.text.endsWith("\n") ?? true;
  }

  /** The exit status that `q` or `Q` gave, or undefined at the end of the input. */
  *run(): SysCall<number | undefined> {
    let isAgain = false;
    while (isAgain || this.#read()) {
      const end = yield* this.#cycle();
      isAgain = end === "again";
      if (end !== "again" && end !== "silent" && !this.#isQuiet) this.#print(this.#space);
      yield* this.#flush();
      if (this.#status !== undefined) break;
    }
    for (const fd of this.#files.values()) yield* this.#sys.close(fd);
    return this.#status;
  }

  /** What has not been read when a script has quit. */
  get rest(): string {
    return this.#lines
      .slice(this.#at)
      .map((line) => `${line}\n`)
      .join("");
  }

  #read(): boolean {
    const line = this.#lines[this.#at];
    if (line === undefined) return false;
    this.#at++;
    this.#space = line;
    this.#isSubstituted = false;
    return true;
  }

  get #isLast(): boolean {
    return this.#at >= this.#lines.length;
  }

  #print(text: string): void {
    this.output += text + (this.#isLast && !this.#isWhole && text === this.#space ? "" : "\n");
  }

  *#cycle(): SysCall<"printed" | "silent" | "again"> {
    for (let i = 0; i < this.#commands.length; i++) {
      const command = this.#commands[i]!;
      if (this.#selects(command) === command.isNegated) {
        if (command.name === "{") i = command.target;
        continue;
      }
      const step = yield* this.#execute(command);
      if (step === "next") return "silent";
      if (step === "again") return "again";
      if (step === "quit") return "printed";
      if (step >= 0) i = step - 1;
    }
    return "printed";
  }

  #selects(command: SedCommand): boolean {
    const { from, to } = command;
    if (from === undefined) return true;
    if (to === undefined) return this.#matches(from);
    const end =
      this.#ranges.get(command) ??
      (from.kind === "line" && from.line === 0 && this.#at === 1
        ? Number.POSITIVE_INFINITY
        : undefined);
    if (end !== undefined) {
      if (end === Number.POSITIVE_INFINITY) {
        this.#ranges.set(command, end);
        if ("line" in to && this.#matches(to)) this.#ranges.delete(command);
        return true;
      }
      if (this.#at >= end) this.#ranges.delete(command);
      return this.#at <= end || this.#matches(from);
    }
    if (!this.#matches(from)) return false;
    let last = Number.POSITIVE_INFINITY;
    if (to.kind === "plus") last = this.#at + to.count;
    else if (to.kind === "multiple")
      last = to.count === 0 ? this.#at : Math.ceil(this.#at / to.count) * to.count;
    else if (to.kind === "line") last = to.line;
    if (last > this.#at) this.#ranges.set(command, last);
    return true;
  }

  #matches(address: SedAddress): boolean {
    switch (address.kind) {
      case "line":
        return this.#at === address.line;
      case "last":
        return this.#isLast;
      case "step":
        return address.step === 0
          ? this.#at === address.line
          : this.#at >= address.line && (this.#at - address.line) % address.step === 0;
      case "pattern": {
        const pattern = this.#patternOf(address.pattern);
        pattern.lastIndex = 0;
        return pattern.test(this.#space);
      }
    }
  }

  #patternOf(pattern: RegExp | undefined): RegExp {
    this.#lastPattern = pattern ?? this.#lastPattern ?? /(?:)/g;
    return this.#lastPattern;
  }

  *#execute(command: SedCommand): SysCall<Step> {
    const { name, text, target } = command;
    switch (name) {
      case "s":
        return yield* this.#substitute(command);
      case "y":
        this.#space = [...this.#space].map((char) => command.table!.get(char) ?? char).join("");
        return -1;
      case "d":
        return "next";
      case "D": {
        const end = this.#space.indexOf("\n");
        if (end < 0) return "next";
        this.#space = this.#space.slice(end + 1);
        return "again";
      }
      case "p":
        this.#print(this.#space);
        return -1;
      case "P":
        this.output += `${this.#space.split("\n")[0]}\n`;
        return -1;
      case "=":
        this.output += `${this.#at}\n`;
        return -1;
      case "F":
        this.output += `${this.#path}\n`;
        return -1;
      case "l":
        this.output += unambiguous(this.#space, text === "" ? LINE : Number(text) - 1);
        return -1;
      case "n":
        return yield* this.#next();
      case "N":
        return yield* this.#joinNext();
      case "h":
        this.#hold = this.#space;
        return -1;
      case "H":
        this.#hold += `\n${this.#space}`;
        return -1;
      case "g":
        this.#space = this.#hold;
        return -1;
      case "G":
        this.#space += `\n${this.#hold}`;
        return -1;
      case "x":
        [this.#space, this.#hold] = [this.#hold, this.#space];
        return -1;
      case "z":
        this.#space = "";
        return -1;
      case "i":
        this.output += text;
        return -1;
      case "a":
        this.#appended.push({ text, isFile: false });
        return -1;
      case "r":
        this.#appended.push({ text, isFile: true });
        return -1;
      case "c":
        // Of a range only the last line leaves the text.
        if (command.to === undefined || command.isNegated || !this.#ranges.has(command)) {
          this.output += text;
        }
        return "next";
      case "w":
        return yield* this.#toFile(text);
      case "q":
        this.#status = Number(text);
        return "quit";
      case "Q":
        this.#status = Number(text);
        return "next";
      case "b":
        return target;
      case "t":
      case "T": {
        const isTaken = this.#isSubstituted === (name === "t");
        this.#isSubstituted = false;
        return isTaken ? target : -1;
      }
      default:
        return -1;
    }
  }

  *#next(): SysCall<Step> {
    if (this.#isLast) {
      this.#status = 0;
      return "quit";
    }
    if (!this.#isQuiet) this.#print(this.#space);
    yield* this.#flush();
    const isSubstituted = this.#isSubstituted;
    this.#read();
    this.#isSubstituted = isSubstituted;
    return -1;
  }

  *#joinNext(): SysCall<Step> {
    if (this.#isLast) {
      this.#status = 0;
      return "quit";
    }
    yield* this.#flush();
    const before = this.#space;
    const isSubstituted = this.#isSubstituted;
    this.#read();
    this.#isSubstituted = isSubstituted;
    this.#space = `${before}\n${this.#space}`;
    return -1;
  }

  *#substitute({ substitute }: SedCommand): SysCall<Step> {
    const rule = substitute!;
    const done = replaced(this.#space, this.#patternOf(rule.pattern), rule);
    if (done === undefined) return -1;
    this.#space = done;
    this.#isSubstituted = true;
    if (rule.isPrinted) this.#print(this.#space);
    return rule.file === undefined ? -1 : yield* this.#toFile(rule.file);
  }

  *#toFile(path: string): SysCall<Step> {
    if (path === "/dev/stdout") {
      this.#print(this.#space);
      return -1;
    }
    let fd = this.#files.get(path);
    if (fd === undefined) {
      fd = yield* this.#sys.open(path, O_COPY, 0o666);
      if (fd < 0) yield* fail(this.#sys, `sed: couldn't open file ${path}`, fd);
      this.#files.set(path, fd);
    }
    yield* writeAll(this.#sys, fd, `${this.#space}\n`);
    return -1;
  }

  /** The end of a cycle: what `a` and `r` have left. */
  *#flush(): SysCall<void> {
    const appended = this.#appended;
    this.#appended = [];
    for (const { text, isFile } of appended) {
      const bytes = isFile ? yield* readPath(this.#sys, text) : 0;
      this.output += !isFile ? text : typeof bytes === "number" ? "" : fromUtf8(bytes);
    }
  }
}

/** `l`: what cannot be seen as escapes, long lines folded, and `$` at the end. */
function unambiguous(text: string, width: number): string {
  const escapes: Readonly<Record<string, string>> = {
    "\\": "\\\\",
    "\x07": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
  };
  const lines: string[] = [];
  let line = "";
  for (const char of text) {
    const code = char.charCodeAt(0);
    const piece =
      escapes[char] ?? (code < 32 || code > 126 ? `\\${code.toString(8).padStart(3, "0")}` : char);
    if (width > 0 && line.length + piece.length > width) {
      lines.push(`${line}\\\n`);
      line = "";
    }
    line += piece;
  }
  return `${lines.join("")}${line}$\n`;
}
