import { translate } from "../regex.ts";
import {
  type SedAddress,
  type SedCommand,
  SedError,
  type SedScript,
  type Substitute,
} from "./script.ts";

const PLAIN = "=dDgGhHnNpPxFz";
const END = -1;

/** Reads a script of sed, and joins blocks and labels. */
export function parseSed(script: SedScript): SedCommand[] {
  return new SedParser(script).commands();
}

class SedParser {
  readonly #text: string;
  readonly #isExtended: boolean;
  readonly #commands: SedCommand[] = [];
  #at = 0;

  constructor({ text, isExtended }: SedScript) {
    this.#text = text;
    this.#isExtended = isExtended;
  }

  commands(): SedCommand[] {
    const open: SedCommand[] = [];
    for (;;) {
      this.#skip(/[\s;]*/y);
      if (this.#at >= this.#text.length) break;
      if (this.#text[this.#at] === "#") {
        this.#skip(/[^\n]*/y);
        continue;
      }
      const command = this.#command();
      if (command.name === "{") open.push(command);
      if (command.name === "}") {
        const block = open.pop();
        if (block === undefined) throw this.#wrong("unexpected `}'");
        block.target = this.#commands.length;
      }
      this.#commands.push(command);
    }
    if (open.length > 0) throw new SedError("-e expression #1, char 0: unmatched `{'");
    this.#resolve();
    return this.#commands;
  }

  #command(): SedCommand {
    const from = this.#address();
    let to: SedCommand["to"];
    this.#skip(/[ \t]*/y);
    if (from !== undefined && this.#text[this.#at] === ",") {
      this.#at++;
      this.#skip(/[ \t]*/y);
      const relative = this.#skip(/[+~]\d+/y);
      to =
        relative === ""
          ? this.#address()
          : { kind: relative[0] === "+" ? "plus" : "multiple", count: Number(relative.slice(1)) };
      if (to === undefined) {
        this.#at++;
        throw this.#wrong("unexpected `,'");
      }
    }
    if (from?.kind === "line" && from.line === 0 && to?.kind !== "pattern") {
      this.#at++;
      throw this.#wrong("invalid usage of line address 0");
    }
    this.#skip(/[ \t]*/y);
    const isNegated = this.#skip(/(?:![ \t]*)+/y) !== "";
    const name = this.#text[this.#at++];
    if (name === undefined) {
      this.#at--;
      throw this.#wrong("missing command");
    }
    const base = { name, from, to, isNegated, text: "", target: END };
    if (name === "s") return this.#ended({ ...base, substitute: this.#substitute() });
    if (name === "y") return this.#ended({ ...base, table: this.#table() });
    if (name === "{") return base;
    if (name === "}") {
      if (from !== undefined) throw this.#wrong("} doesn't want any addresses");
      return this.#ended(base);
    }
    if (name === ":") {
      if (from !== undefined) throw this.#wrong(": doesn't want any addresses");
      return { ...base, text: this.#skip(/[ \t]*[^\s;]*/y).trim() };
    }
    if ("btT".includes(name)) return { ...base, text: this.#skip(/[ \t]*[^\n;}]*/y).trim() };
    if ("aic".includes(name)) return { ...base, text: this.#lines() };
    if ("rwRW".includes(name)) {
      const text = this.#skip(/[ \t]*[^\n]*/y).trimStart();
      if (text === "") throw this.#wrong("missing filename in r/R/w/W commands");
      return { ...base, text };
    }
    if ("qQlL".includes(name)) {
      return this.#ended({ ...base, text: this.#skip(/[ \t]*\d*/y).trim() });
    }
    if (PLAIN.includes(name)) return this.#ended(base);
    throw this.#wrong(`unknown command: \`${name}'`);
  }

  /** What may stand behind a command. */
  #ended(command: SedCommand): SedCommand {
    this.#skip(/[ \t]*/y);
    const next = this.#text[this.#at];
    if (next === undefined || "\n;}#".includes(next)) return command;
    this.#at++;
    throw this.#wrong("extra characters after command");
  }

  #address(): SedAddress | undefined {
    const step = this.#skip(/\d+~\d+/y);
    if (step !== "") {
      const [line = 0, by = 0] = step.split("~").map(Number);
      return { kind: "step", line, step: by };
    }
    const digits = this.#skip(/\d+/y);
    if (digits !== "") return { kind: "line", line: Number(digits), step: 0 };
    const char = this.#text[this.#at];
    if (char === "$") {
      this.#at++;
      return { kind: "last", line: 0, step: 0 };
    }
    if (char !== "/" && char !== "\\") return undefined;
    this.#at += char === "/" ? 1 : 2;
    const source = this.#until(this.#text[this.#at - 1]!, true, "unterminated address regex");
    const flags = this.#skip(/[IM]*/y);
    return { kind: "pattern", line: 0, step: 0, pattern: this.#pattern(source, flags) };
  }

  /** The empty pattern is the one used last. */
  #pattern(source: string, flags: string): RegExp | undefined {
    if (source === "") return undefined;
    const own = `${flags.includes("I") || flags.includes("i") ? "i" : ""}${/m/i.test(flags) ? "m" : ""}g`;
    try {
      return new RegExp(translate(source, this.#isExtended), own);
    } catch {
      throw this.#wrong("Invalid preceding regular expression");
    }
  }

  /** Text up to `mark`: `\mark` is the mark itself, `\n` a newline; in a pattern a mark in brackets ends nothing. */
  #until(mark: string, isPattern: boolean, what: string): string {
    let text = "";
    let isBracket = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (char === "\\" && this.#at + 1 < this.#text.length) {
        const next = this.#text[++this.#at]!;
        if (isBracket) text += next === "n" ? "\n" : `\\${next}`;
        else if (next === mark) text += mark;
        else if (next === "n" && isPattern) text += "\n";
        else if (next === "t" && isPattern) text += "\t";
        else text += `\\${next}`;
        continue;
      }
      if (isPattern && char === "[" && !isBracket) isBracket = true;
      else if (isBracket && char === "]" && !/\[\^?$/.test(text)) isBracket = false;
      if (char === mark && !isBracket) {
        this.#at++;
        return text;
      }
      if (char === "\n" && isPattern) break;
      text += char;
    }
    throw this.#wrong(what);
  }

  #substitute(): Substitute {
    const mark = this.#text[this.#at++];
    if (mark === undefined || mark === "\n" || mark === "\\") {
      this.#at = Math.min(this.#at, this.#text.length);
      throw this.#wrong("unterminated `s' command");
    }
    const source = this.#until(mark, true, "unterminated `s' command");
    const replacement = this.#until(mark, false, "unterminated `s' command");
    const flags = this.#skip(/[gpiIemM\d]*/y);
    const file = this.#skip(/w[ \t]*[^\n]*/y);
    const next = this.#text[this.#at];
    if (next !== undefined && !" \t\n;}#".includes(next)) {
      this.#at++;
      throw this.#wrong("unknown option to `s'");
    }
    const pattern = this.#pattern(source, flags);
    const groups =
      pattern === undefined ? 9 : new RegExp(`${pattern.source}|`).exec("")!.length - 1;
    for (const [, digit] of replacement.matchAll(/\\([1-9])|\\./g)) {
      if (digit !== undefined && Number(digit) > groups) {
        throw this.#wrong(`invalid reference \\${digit} on \`s' command's RHS`);
      }
    }
    return {
      pattern,
      replacement,
      isGlobal: flags.includes("g"),
      nth: Number(/\d+/.exec(flags)?.[0] ?? 1),
      isPrinted: flags.includes("p"),
      file: file === "" ? undefined : file.slice(1).trim(),
    };
  }

  #table(): Map<string, string> {
    const mark = this.#text[this.#at++];
    if (mark === undefined) throw this.#wrong("unterminated `y' command");
    const plain = (text: string) => [
      ...text.replace(/\\([\s\S])/g, (_all, char: string) =>
        char === "n" ? "\n" : char === "t" ? "\t" : char,
      ),
    ];
    const from = plain(this.#until(mark, false, "unterminated `y' command"));
    const to = plain(this.#until(mark, false, "unterminated `y' command"));
    if (from.length !== to.length) {
      throw this.#wrong("strings for `y' command are different lengths");
    }
    return new Map(from.map((char, i) => [char, to[i]!]));
  }

  /** The text of `a`, `i` and `c`: on the same line, or on the lines behind a backslash. */
  #lines(): string {
    this.#skip(/[ \t]*/y);
    const isOwnLine = this.#skip(/\\[ \t]*\n/y) !== "";
    if (!isOwnLine) this.#skip(/\\/y);
    if (this.#at >= this.#text.length) throw this.#wrong("expected \\ after `a', `c' or `i'");
    const text = this.#skip(/(?:\\[\s\S]|[^\\\n])*/y);
    return `${text.replace(/\\([\s\S])/g, "$1")}\n`;
  }

  #resolve(): void {
    const labels = new Map<string, number>();
    this.#commands.forEach(({ name, text }, i) => {
      if (name === ":") labels.set(text, i);
    });
    for (const command of this.#commands) {
      if (!"btT".includes(command.name)) continue;
      command.target =
        command.text === "" ? this.#commands.length : (labels.get(command.text) ?? END);
      if (command.target === END)
        throw new SedError(`can't find label for jump to \`${command.text}'`);
    }
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #wrong(what: string): SedError {
    return new SedError(`-e expression #1, char ${this.#at}: ${what}`);
  }
}
