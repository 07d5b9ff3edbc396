import type { Command, Part, Redirection, Word } from "./ast.ts";

/** The text ends in the middle of a command. */
export class Incomplete {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

export class ShellSyntaxError {
  readonly line: number;
  readonly what: string;

  constructor(line: number, what: string) {
    this.line = line;
    this.what = what;
  }
}

export type Token =
  | { readonly kind: "operator"; readonly text: string }
  | { readonly kind: "word"; readonly word: Word }
  | { readonly kind: "end" };

const OPERATORS = ["<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|"];
const OPERATOR_START = ";&|<>()\n";
const NAME = /^[A-Za-z_]\w*/;

/**
 * Cuts the text of a script into words and operators, by the token rules of POSIX. Command substitutions inside
 * words are parsed by `substitution`, which the parser gives.
 */
export class Lexer {
  text: string;
  at: number;
  line: number;
  /** Where the last token begins. */
  start = 0;
  /** Where a word begins that is an alias if the one before it ended in a blank; counted from the end. */
  blankEnd = -1;
  readonly #aliases: ReadonlyMap<string, string>;
  /** Aliases whose text is being read, with how much of the script is left behind it. */
  #expanding: { readonly name: string; readonly left: number }[] = [];
  readonly #substitution: (lexer: Lexer) => Command;
  /** Whether nothing follows the text: its end ends a here-document too. */
  readonly #isWhole: boolean;
  /** Here-documents whose text begins behind the next newline. */
  #documents: { redirection: Redirection; end: string; isQuoted: boolean; isTabbed: boolean }[] =
    [];

  constructor(
    text: string,
    at: number,
    line: number,
    substitution: (lexer: Lexer) => Command,
    isWhole = true,
    aliases: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#isWhole = isWhole;
    this.#aliases = aliases;
    this.text = text;
    this.at = at;
    this.line = line;
    this.#substitution = substitution;
  }

  next(): Token {
    this.#skipBlanks();
    this.start = this.at;
    const { text } = this;
    if (this.at >= text.length) return { kind: "end" };
    const char = text[this.at]!;
    if (!OPERATOR_START.includes(char)) return { kind: "word", word: this.#word() };
    const operator = OPERATORS.find((each) => text.startsWith(each, this.at)) ?? char;
    this.at += operator.length;
    if (operator === "\n") {
      this.line++;
      this.#readDocuments();
    }
    return { kind: "operator", text: operator };
  }

  /**
   * Puts the text of the alias `name` in the place of the last word; false where there is none, or where the word
   * comes out of this very alias.
   */
  expandAlias(name: string): boolean {
    const value = this.#aliases.get(name);
    const behind = this.text.length - this.start;
    this.#expanding = this.#expanding.filter(({ left }) => behind > left);
    if (value === undefined || this.#expanding.some((one) => one.name === name)) return false;
    const left = this.text.length - this.at;
    this.#expanding.push({ name, left });
    if (/[ \t]$/.test(value)) this.blankEnd = left;
    this.text = this.text.slice(0, this.start) + value + this.text.slice(this.at);
    this.at = this.start;
    return true;
  }

  /** Whether the last word is the first one behind an alias that ends in a blank. */
  followsBlankAlias(): boolean {
    const isBehind = this.blankEnd >= 0 && this.text.length - this.start <= this.blankEnd;
    if (isBehind) this.blankEnd = -1;
    return isBehind;
  }

  /** Whether what comes next is still the text of an alias. */
  get isInAlias(): boolean {
    const left = this.text.length - this.at;
    return this.#expanding.some((one) => left > one.left);
  }

  /** The text of a here-document follows after this line. */
  expectDocument(redirection: Redirection, end: Word, isTabbed: boolean): void {
    const text = end.map((part) => (part.kind === "text" ? part.text : "")).join("");
    const isQuoted = end.some((part) => part.kind === "text" && part.isQuoted);
    this.#documents.push({ redirection, end: text, isQuoted, isTabbed });
  }

  get awaitsDocument(): boolean {
    return this.#documents.length > 0;
  }

  #skipBlanks(): void {
    const { text } = this;
    for (;;) {
      const char = text[this.at];
      if (char === " " || char === "\t") this.at++;
      else if (char === "\\" && text[this.at + 1] === "\n") {
        this.at += 2;
        this.line++;
      } else if (char === "#") {
        while (this.at < text.length && text[this.at] !== "\n") this.at++;
      } else return;
    }
  }

  #readDocuments(): void {
    const documents = this.#documents;
    this.#documents = [];
    for (const { redirection, end, isQuoted, isTabbed } of documents) {
      let body = "";
      const line = this.line;
      for (;;) {
        if (this.at >= this.text.length) {
          if (this.#isWhole) break;
          throw new Incomplete("here-document");
        }
        const newline = this.text.indexOf("\n", this.at);
        const stop = newline < 0 ? this.text.length : newline;
        let content = this.text.slice(this.at, stop);
        this.at = newline < 0 ? stop : stop + 1;
        this.line++;
        if (isTabbed) content = content.replace(/^\t+/, "");
        if (content === end) break;
        body += `${content}\n`;
      }
      const inner = new Lexer(body, 0, line, this.#substitution);
      redirection.target = isQuoted
        ? [{ kind: "text", text: body, isQuoted: true }]
        : inner.#quoted("", false);
    }
  }

  #word(end = ""): Part[] {
    const parts: Part[] = [];
    let plain = "";
    const flush = () => {
      if (plain !== "") parts.push({ kind: "text", text: plain, isQuoted: false });
      plain = "";
    };
    const { text } = this;
    for (;;) {
      const char = text[this.at];
      if (char === undefined) {
        if (end !== "") throw new Incomplete(end);
        break;
      }
      if (end === "" ? ` \t${OPERATOR_START}`.includes(char) : char === end) break;
      if (char === "\n") this.line++;
      if (char === "\\") {
        const next = text[this.at + 1];
        this.at += 2;
        if (next === "\n") {
          this.line++;
          continue;
        }
        if (next === undefined) {
          plain += "\\";
          this.at--;
          continue;
        }
        flush();
        parts.push({ kind: "text", text: next, isQuoted: true });
      } else if (char === "'") {
        flush();
        const close = text.indexOf("'", this.at + 1);
        if (close < 0) throw new Incomplete("quoted string");
        const inner = text.slice(this.at + 1, close);
        this.line += inner.split("\n").length - 1;
        parts.push({ kind: "text", text: inner, isQuoted: true });
        this.at = close + 1;
      } else if (char === '"') {
        flush();
        this.at++;
        const inner = this.#quoted('"', true);
        this.at++;
        parts.push(...(inner.length > 0 ? inner : [EMPTY]));
      } else if (char === "$" || char === "`") {
        const part = this.#expansion(false);
        if (part === undefined) plain += char;
        else {
          flush();
          parts.push(part);
        }
      } else {
        plain += char;
        this.at++;
      }
    }
    flush();
    return parts;
  }

  /** Text in double quotes up to `end` (not consumed), or a whole here-document when `end` is "". */
  #quoted(end: string, hasQuotes: boolean): Part[] {
    const parts: Part[] = [];
    let plain = "";
    const { text } = this;
    for (;;) {
      const char = text[this.at];
      if (char === undefined) {
        if (end !== "") throw new Incomplete("quoted string");
        break;
      }
      if (char === end) break;
      if (char === "\n") this.line++;
      if (char === "\\") {
        const next = text[this.at + 1] ?? "";
        this.at += 2;
        if (next === "\n") this.line++;
        else if (next !== "" && `$\`\\${hasQuotes ? '"' : ""}${end}`.includes(next)) plain += next;
        else plain += `\\${next}`;
      } else if (char === '"' && end === "}") {
        this.at++;
        const inner = this.#quoted('"', true);
        this.at++;
        if (plain !== "") parts.push({ kind: "text", text: plain, isQuoted: true });
        plain = "";
        parts.push(...inner);
      } else if (char === "$" || char === "`") {
        const part = this.#expansion(true);
        if (part === undefined) plain += char;
        else {
          if (plain !== "") parts.push({ kind: "text", text: plain, isQuoted: true });
          plain = "";
          parts.push(part);
        }
      } else {
        plain += char;
        this.at++;
      }
    }
    if (plain !== "") parts.push({ kind: "text", text: plain, isQuoted: true });
    return parts;
  }

  /** What begins with `$` or a backquote; undefined (and one char on) for a lonely dollar. */
  #expansion(isQuoted: boolean): Part | undefined {
    const { text } = this;
    if (text[this.at] === "`") return this.#backquoted(isQuoted);
    this.at++;
    if (text.startsWith("((", this.at)) {
      const start = this.at;
      const arithmetic = this.#arithmetic(isQuoted);
      if (arithmetic !== undefined) return arithmetic;
      this.at = start;
    }
    const char = text[this.at] ?? "";
    if (char === "(") {
      this.at++;
      const body = this.#substitution(this);
      return { kind: "command", body, isQuoted };
    }
    if (char === "{") {
      this.at++;
      return this.#braced(isQuoted);
    }
    const name = NAME.exec(text.slice(this.at, this.at + 256))?.[0] ?? "";
    if (name === "" && !/[\d@*#?$!-]/.test(char)) return undefined;
    this.at += name === "" ? 1 : name.length;
    return { kind: "parameter", name: name || char, operator: "", word: undefined, isQuoted };
  }

  #arithmetic(isQuoted: boolean): Part | undefined {
    const { text } = this;
    let depth = 0;
    let at = this.at + 2;
    for (; at < text.length; at++) {
      if (text[at] === "(") depth++;
      else if (text[at] === ")" && depth > 0) depth--;
      else if (text[at] === ")") break;
    }
    if (at >= text.length) throw new Incomplete("arithmetic expression");
    if (text[at + 1] !== ")") return undefined;
    const inner = new Lexer(text.slice(this.at + 2, at), 0, this.line, this.#substitution);
    this.at = at + 2;
    return { kind: "arithmetic", word: inner.#quoted("", true), isQuoted };
  }

  #backquoted(isQuoted: boolean): Part {
    const { text } = this;
    let body = "";
    let at = this.at + 1;
    for (; text[at] !== "`"; at++) {
      if (at >= text.length) throw new Incomplete("backquote");
      const next = text[at + 1] ?? "";
      if (text[at] === "\\" && `$\`\\${isQuoted ? '"' : ""}`.includes(next)) at++;
      body += text[at];
    }
    this.at = at + 1;
    const inner = new Lexer(`${body}\n)`, 0, this.line, this.#substitution);
    return { kind: "command", body: this.#substitution(inner), isQuoted };
  }

  #braced(isQuoted: boolean): Part {
    const { text } = this;
    const found = /^(#(?=[\w@*#?$!-]))?(\w+|[@*#?$!-])(:?[-=?+]|%%|##|[%#])?/.exec(
      text.slice(this.at, this.at + 256),
    );
    const bad = () => new ShellSyntaxError(this.line, "Bad substitution");
    if (found === null) throw bad();
    const [all, length, name, operator] = found;
    if (length !== undefined && operator !== undefined) throw bad();
    this.at += all.length;
    let word: Word | undefined;
    if (operator !== undefined) {
      const isPattern = operator.startsWith("%") || operator.startsWith("#");
      word = isQuoted && !isPattern ? this.#quoted("}", true) : this.#word("}");
    }
    if (this.at >= text.length) throw new Incomplete("}");
    if (text[this.at] !== "}") throw bad();
    this.at++;
    return {
      kind: "parameter",
      name: name!,
      operator: length !== undefined ? "length" : (operator ?? ""),
      word,
      isQuoted,
    };
  }
}

const EMPTY: Part = { kind: "text", text: "", isQuoted: true };
