import { fromUtf8 } from "../marshal.ts";
import type { SysCall } from "../sys-port.ts";
import { arithmetic } from "./arithmetic.ts";
import type { Command, Part, Word } from "./ast.ts";
import { glob } from "./glob.ts";
import { escapePattern, trimPattern } from "./pattern.ts";
import { type Shell, ShellError } from "./shell.ts";

const PIECE = 4096;

/** Runs the body of `$(…)` in a child whose standard output is the write end of a pipe; answers its pid. */
export type StartSubstitution = (shell: Shell, body: Command, output: number) => SysCall;

/** The fields of a word that is being expanded: the text, and the pattern that it is for file names. */
class Fields {
  readonly done: { text: string; pattern: string }[] = [];
  text = "";
  pattern = "";
  /** Whether there is a field at all: quotes make one even when it is empty. */
  isOpen = false;
  readonly #splits: string;

  constructor(splits: string) {
    this.#splits = splits;
  }

  quoted(text: string): void {
    this.text += text;
    this.pattern += escapePattern(text);
    this.isOpen = true;
  }

  plain(text: string): void {
    this.text += text;
    this.pattern += text;
    this.isOpen = true;
  }

  finish(isForced = false): void {
    if (this.isOpen || isForced) this.done.push({ text: this.text, pattern: this.pattern });
    this.text = "";
    this.pattern = "";
    this.isOpen = false;
  }

  /** The result of an expansion outside quotes: cut at the chars of IFS. */
  split(text: string): void {
    const ifs = this.#splits;
    let at = 0;
    while (at < text.length) {
      const start = at;
      while (at < text.length && !ifs.includes(text[at]!)) at++;
      if (at > start) this.plain(text.slice(start, at));
      if (at >= text.length) return;
      let isDelimited = false;
      while (at < text.length && ifs.includes(text[at]!)) {
        if (!" \t\n".includes(text[at]!)) {
          if (isDelimited) break;
          isDelimited = true;
        }
        at++;
      }
      this.finish(isDelimited);
    }
  }
}

/** Expands words by the rules of POSIX 2.6, in its order. */
export class Expander {
  readonly #shell: Shell;
  readonly #start: StartSubstitution;
  /** The status of the last command substitution, for `x=$(…)`. */
  substitutionStatus: number | undefined;

  constructor(shell: Shell, start: StartSubstitution) {
    this.#shell = shell;
    this.#start = start;
  }

  /** All steps: the arguments that words become. */
  *fields(words: readonly Word[]): SysCall<string[]> {
    const all: string[] = [];
    for (const word of words) {
      const fields = new Fields(this.#shell.get("IFS") ?? " \t\n");
      yield* this.#parts(word, fields, false);
      fields.finish();
      for (const { text, pattern } of fields.done) {
        const names = this.#shell.options.has("f") ? [] : yield* glob(this.#shell.sys, pattern);
        if (names.length > 0) all.push(...names);
        else all.push(text);
      }
    }
    return all;
  }

  /** Without splitting and file names: assignments, redirections. */
  *text(word: Word, isAssignment = false): SysCall<string> {
    return (yield* this.#single(word, isAssignment)).text;
  }

  /** As a pattern: what was quoted is escaped. */
  *pattern(word: Word): SysCall<string> {
    return (yield* this.#single(word, false)).pattern;
  }

  *#single(word: Word, isAssignment: boolean): SysCall<Fields> {
    const fields = new Fields("");
    yield* this.#parts(word, fields, isAssignment);
    if (fields.done.length > 0) {
      const all = [...fields.done, fields];
      fields.text = all.map(({ text }) => text).join(" ");
      fields.pattern = all.map(({ pattern }) => pattern).join(" ");
    }
    return fields;
  }

  *#parts(word: Word, fields: Fields, isAssignment: boolean): SysCall<void> {
    let isFirst = true;
    for (const part of word) {
      if (part.kind === "text" && !part.isQuoted) {
        const isLast = part === word.at(-1);
        fields.plain(yield* this.#tilde(part.text, isFirst, isAssignment, isLast));
      } else yield* this.#part(part, fields);
      isFirst = false;
    }
  }

  *#part(part: Part, fields: Fields): SysCall<void> {
    const add = (text: string) => (part.isQuoted ? fields.quoted(text) : fields.split(text));
    if (part.kind === "text") fields.quoted(part.text);
    else if (part.kind === "command") add(yield* this.#substitution(part.body));
    else if (part.kind === "arithmetic") {
      const shell = this.#shell;
      add(arithmetic(yield* this.text(part.word), shell));
    } else yield* this.#parameter(part, fields, add);
  }

  *#parameter(
    part: Part & { kind: "parameter" },
    fields: Fields,
    add: (text: string) => void,
  ): SysCall<void> {
    const { name, operator, word } = part;
    const shell = this.#shell;
    const value = this.#value(name);
    const isList = name === "@" || name === "*";
    const bare = operator.replace(":", "");
    const isMissing = operator.startsWith(":") ? (value ?? "") === "" : value === undefined;
    if (bare === "+") {
      if (!isMissing) yield* this.#parts(word!, fields, false);
      return;
    }
    if (isMissing && bare === "-") return yield* this.#parts(word!, fields, false);
    if (isMissing && bare === "=") {
      if (!/^[A-Za-z_]/.test(name)) throw new ShellError(`${name}: bad variable name`);
      const text = yield* this.text(word!);
      shell.set(name, text);
      return add(text);
    }
    if (isMissing && bare === "?") {
      const text = yield* this.text(word!);
      throw new ShellError(`${name}: ${text || "parameter not set"}`);
    }
    if (value === undefined && !isList && shell.options.has("u")) {
      throw new ShellError(`${name}: parameter not set`);
    }
    if (operator === "length") return add(String((value ?? "").length));
    if (isList && !operator.startsWith("%") && !operator.startsWith("#")) {
      return this.#list(name, part.isQuoted, fields);
    }
    if (operator.startsWith("%") || operator.startsWith("#")) {
      return add(trimPattern(value ?? "", operator, yield* this.pattern(word!)));
    }
    add(value ?? "");
  }

  #list(name: string, isQuoted: boolean, fields: Fields): void {
    const { parameters } = this.#shell;
    if (isQuoted && name === "*") {
      const ifs = this.#shell.get("IFS");
      fields.quoted(parameters.join(ifs === undefined ? " " : ifs.slice(0, 1)));
      return;
    }
    parameters.forEach((parameter, i) => {
      if (i > 0) fields.finish(isQuoted);
      if (isQuoted) fields.quoted(parameter);
      else fields.split(parameter);
    });
  }

  #value(name: string): string | undefined {
    const shell = this.#shell;
    switch (name) {
      case "?":
        return String(shell.status);
      case "$":
        return String(shell.pid);
      case "#":
        return String(shell.parameters.length);
      case "!":
        return shell.lastBackground === 0 ? undefined : String(shell.lastBackground);
      case "-":
        return [...shell.options].join("");
      case "0":
        return shell.name;
      case "@":
      case "*":
        return shell.parameters.length === 0 ? undefined : shell.parameters.join(" ");
      default:
        if (/^\d+$/.test(name)) return shell.parameters[Number(name) - 1];
        return shell.get(name);
    }
  }

  *#substitution(body: Command): SysCall<string> {
    const { sys } = this.#shell;
    const ends = yield* sys.pipe2();
    if (typeof ends === "number") throw new ShellError("Pipe call failed");
    const pid = yield* this.#start(this.#shell, body, ends[1]);
    yield* sys.close(ends[1]);
    const pieces: number[] = [];
    for (;;) {
      const bytes = yield* sys.read(ends[0], PIECE);
      if (typeof bytes === "number" && bytes === -4) continue;
      if (typeof bytes === "number" || bytes.length === 0) break;
      for (const byte of bytes) if (byte !== 0) pieces.push(byte);
    }
    yield* sys.close(ends[0]);
    for (;;) {
      const ended = yield* sys.wait4(pid);
      if (ended === -4) continue;
      if (typeof ended !== "number") {
        this.substitutionStatus = ended.exited ?? 128 + (ended.signaled ?? 0);
        this.#shell.status = this.substitutionStatus;
      }
      break;
    }
    while (pieces.at(-1) === 10) pieces.pop();
    return fromUtf8(Uint8Array.from(pieces));
  }

  *#tilde(text: string, isFirst: boolean, isAssignment: boolean, isLast: boolean): SysCall<string> {
    if (!text.includes("~")) return text;
    const pieces = isAssignment ? text.split(":") : [text];
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]!;
      const user = /^~([\w.-]*)(\/.*)?$/.exec(piece);
      const isWhole = isLast || i < pieces.length - 1 || user?.[2] !== undefined;
      if (user === null || (i === 0 && !isFirst) || !isWhole) continue;
      const home = user[1] === "" ? this.#shell.get("HOME") : yield* this.#homeOf(user[1]!);
      if (home !== undefined) pieces[i] = home + (user[2] ?? "");
    }
    return pieces.join(":");
  }

  *#homeOf(user: string): SysCall<string | undefined> {
    const { sys } = this.#shell;
    const fd = yield* sys.open("/etc/passwd");
    if (fd < 0) return undefined;
    const bytes = yield* sys.read(fd, PIECE);
    yield* sys.close(fd);
    if (typeof bytes === "number") return undefined;
    const rows = fromUtf8(bytes).split("\n");
    return rows.find((row) => row.startsWith(`${user}:`))?.split(":")[5];
  }
}
