import type { Command, Redirection, Word } from "./ast.ts";
import { Incomplete, Lexer, ShellSyntaxError, type Token } from "./lexer.ts";

const RESERVED = new Set(
  "! { } case do done elif else esac fi for if in then until while".split(" "),
);
const REDIRECTIONS = new Set(["<", ">", ">>", "<>", ">|", "<&", ">&", "<<", "<<-"]);

/** The next complete command of a script, and where the text behind it begins. */
export interface Parsed {
  readonly command: Command | undefined;
  readonly at: number;
  readonly line: number;
}

/**
 * Parses one complete command (a list up to a newline) of the shell's grammar.
 *
 * Throws `Incomplete` when the text ends too early, `ShellSyntaxError` when it is none.
 */
export function parseCommand(
  text: string,
  at: number,
  line: number,
  isWhole = true,
  aliases: ReadonlyMap<string, string> = new Map(),
): Parsed {
  const lexer = new Lexer(text, at, line, substitution, isWhole, aliases);
  const parser = new Parser(lexer);
  const command = parser.line();
  // Texts of aliases have been put into the lexer's text, before what is left of it.
  return { command, at: text.length - (lexer.text.length - lexer.at), line: lexer.line };
}

function substitution(lexer: Lexer): Command {
  const parser = new Parser(lexer);
  const body = parser.list([")"]);
  parser.expect(")");
  return body;
}

class Parser {
  readonly #lexer: Lexer;
  #token: Token | undefined;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  /** A list that ends at a newline or the end of the text; undefined for an empty one. */
  line(): Command | undefined {
    const first = this.#peek();
    if (first.kind === "end") return undefined;
    if (this.#isOperator("\n")) {
      this.#take();
      return undefined;
    }
    const items: Command[] = [];
    for (;;) {
      items.push(this.#item());
      if (this.#isOperator("\n")) {
        this.#take();
        if (!this.#lexer.isInAlias) break;
        this.#newlines();
      }
      if (this.#peek().kind === "end") break;
    }
    if (this.#lexer.awaitsDocument) throw new Incomplete("here-document");
    return listOf(items);
  }

  /** A list over several lines, up to one of the words or operators `ends` (not consumed). */
  list(ends: readonly string[]): Command {
    const items: Command[] = [];
    for (;;) {
      this.#newlines();
      const token = this.#peek();
      if (token.kind === "end") throw new Incomplete(ends.at(-1)!);
      if (ends.includes(this.#name())) break;
      items.push(this.#item());
    }
    return listOf(items);
  }

  expect(what: string): void {
    if (this.#peek().kind === "end") throw new Incomplete(what);
    if (this.#name() !== what) throw this.#unexpected(what);
    this.#take();
  }

  /** One and-or list with what ends it. */
  #item(): Command {
    const begin = this.#begin();
    const command = this.#andOr();
    if (this.#isOperator("&")) {
      const text = this.#textFrom(begin);
      this.#take();
      return { kind: "background", body: command, text };
    }
    if (this.#isOperator(";")) this.#take();
    else if (
      this.#peek().kind !== "end" &&
      !this.#isOperator("\n") &&
      !this.#isOperator(")") &&
      !this.#isOperator(";;") &&
      !RESERVED.has(this.#name())
    ) {
      throw this.#unexpected();
    }
    return command;
  }

  #andOr(): Command {
    let left = this.#pipeline();
    for (;;) {
      const kind = this.#isOperator("&&") ? "and" : this.#isOperator("||") ? "or" : undefined;
      if (kind === undefined) return left;
      this.#take();
      this.#newlines();
      left = { kind, left, right: this.#pipeline() };
    }
  }

  #pipeline(): Command {
    let isNegated = false;
    while (this.#name() === "!") {
      this.#take();
      isNegated = !isNegated;
    }
    const begin = this.#begin();
    const stages = [this.#command()];
    while (this.#isOperator("|")) {
      this.#take();
      this.#newlines();
      stages.push(this.#command());
    }
    if (stages.length === 1 && !isNegated) return stages[0]!;
    return { kind: "pipeline", stages, isNegated, text: this.#textFrom(begin) };
  }

  #command(): Command {
    this.#expandAliases();
    const compound = this.#compound();
    if (compound === undefined) return this.#simple();
    const redirections: Redirection[] = [];
    while (this.#redirection(redirections)) {
      // Each is taken by the condition.
    }
    return redirections.length === 0
      ? compound
      : { kind: "redirected", body: compound, redirections };
  }

  /** A word where a command begins may be an alias, and what comes out of it another one. */
  #expandAliases(): void {
    for (;;) {
      const token = this.#peek();
      if (token.kind !== "word" || !this.#lexer.expandAlias(plainText(token.word))) return;
      this.#take();
    }
  }

  #compound(): Command | undefined {
    const name = this.#name();
    switch (name) {
      case "(":
      case "{": {
        this.#take();
        const end = name === "(" ? ")" : "}";
        const body = this.list([end]);
        if (body.kind === "list" && body.items.length === 0) throw this.#unexpected();
        this.expect(end);
        return { kind: name === "(" ? "subshell" : "group", body };
      }
      case "if":
        this.#take();
        return this.#if();
      case "while":
      case "until": {
        this.#take();
        const condition = this.list(["do"]);
        return { kind: "while", isUntil: name === "until", condition, body: this.#doGroup() };
      }
      case "for":
        this.#take();
        return this.#for();
      case "case":
        this.#take();
        return this.#case();
      default:
        if (RESERVED.has(name)) throw this.#unexpected();
        return undefined;
    }
  }

  #if(): Command {
    const condition = this.list(["then"]);
    this.expect("then");
    const then = this.list(["elif", "else", "fi"]);
    const next = this.#name();
    this.#take();
    let otherwise: Command | undefined;
    if (next === "elif") return { kind: "if", condition, then, otherwise: this.#if() };
    if (next === "else") {
      otherwise = this.list(["fi"]);
      this.#take();
    }
    return { kind: "if", condition, then, otherwise };
  }

  #doGroup(): Command {
    this.#newlines();
    this.expect("do");
    const body = this.list(["done"]);
    this.#take();
    return body;
  }

  #for(): Command {
    const name = this.#name();
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new ShellSyntaxError(this.#lexer.line, "Bad for loop variable");
    }
    this.#take();
    this.#newlines();
    let words: Word[] | undefined;
    if (this.#name() === "in") {
      this.#take();
      words = [];
      for (let token = this.#peek(); token.kind === "word"; token = this.#peek()) {
        words.push(token.word);
        this.#take();
      }
    }
    if (this.#isOperator(";")) this.#take();
    return { kind: "for", name, words, body: this.#doGroup() };
  }

  #case(): Command {
    const word = this.#takeWord();
    this.#newlines();
    this.expect("in");
    const arms: { patterns: Word[]; body: Command }[] = [];
    for (;;) {
      this.#newlines();
      if (this.#name() === "esac") break;
      if (this.#isOperator("(")) this.#take();
      const patterns = [this.#takeWord()];
      while (this.#isOperator("|")) {
        this.#take();
        patterns.push(this.#takeWord());
      }
      this.expect(")");
      const body = this.list([";;", "esac"]);
      arms.push({ patterns, body });
      if (this.#isOperator(";;")) this.#take();
    }
    this.#take();
    return { kind: "case", word, arms };
  }

  #simple(): Command {
    const line = this.#lexer.line;
    const assignments: { name: string; word: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      if (this.#redirection(redirections)) continue;
      const token = this.#peek();
      if (token.kind !== "word") break;
      const isCommand = words.length === 0 && assignments.length > 0;
      const mayBeAlias = this.#lexer.followsBlankAlias() || isCommand;
      if (mayBeAlias && this.#lexer.expandAlias(plainText(token.word))) {
        this.#take();
        continue;
      }
      this.#take();
      const assignment = words.length === 0 ? assignmentOf(token.word) : undefined;
      if (assignment !== undefined) assignments.push(assignment);
      else words.push(token.word);
      if (words.length === 1 && assignments.length === 0 && this.#isOperator("(")) {
        return this.#function(token.word);
      }
    }
    if (words.length + assignments.length + redirections.length === 0) throw this.#unexpected();
    return { kind: "simple", line, assignments, words, redirections };
  }

  #function(word: Word): Command {
    const name = plainText(word);
    this.#take();
    if (!this.#isOperator(")")) throw this.#unexpected(")");
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new ShellSyntaxError(this.#lexer.line, "Bad function name");
    }
    this.#take();
    this.#newlines();
    return { kind: "function", name, body: this.#command() };
  }

  #redirection(into: Redirection[]): boolean {
    const token = this.#peek();
    let fd: number | undefined;
    if (token.kind === "word") {
      const text = plainText(token.word);
      const next = this.#lexer.text[this.#lexer.at] ?? "";
      if (!/^\d+$/.test(text) || !"<>".includes(next) || next === "") return false;
      fd = Number(text);
      this.#take();
    }
    const operator = this.#name();
    if (this.#peek().kind !== "operator" || !REDIRECTIONS.has(operator)) return false;
    this.#take();
    const target = this.#takeWord();
    const redirection: Redirection = {
      fd: fd ?? (operator.startsWith("<") ? 0 : 1),
      operator: operator === "<<-" ? "<<" : operator,
      target,
    };
    if (operator.startsWith("<<")) {
      this.#lexer.expectDocument(redirection, target, operator === "<<-");
    }
    into.push(redirection);
    return true;
  }

  #takeWord(): Word {
    const token = this.#peek();
    if (token.kind === "end") throw new Incomplete("word");
    if (token.kind !== "word") throw this.#unexpected();
    this.#take();
    return token.word;
  }

  #newlines(): void {
    while (this.#isOperator("\n")) this.#take();
  }

  #peek(): Token {
    this.#token ??= this.#lexer.next();
    return this.#token;
  }

  #begin(): number {
    this.#peek();
    return this.#lexer.start;
  }

  /** The text from `begin` up to the token that comes next. */
  #textFrom(begin: number): string {
    this.#peek();
    return this.#lexer.text.slice(begin, this.#lexer.start).trim();
  }

  #take(): void {
    this.#token = undefined;
  }

  #isOperator(text: string): boolean {
    const token = this.#peek();
    return token.kind === "operator" && token.text === text;
  }

  /** The operator, or the text of a word that is one piece without quotes; else "". */
  #name(): string {
    const token = this.#peek();
    if (token.kind === "operator") return token.text;
    return token.kind === "word" ? plainText(token.word) : "";
  }

  #unexpected(expected?: string): ShellSyntaxError | Incomplete {
    const token = this.#peek();
    if (token.kind === "end") return new Incomplete(expected ?? "command");
    const name = this.#name();
    const isKnown = token.kind === "operator" || RESERVED.has(name);
    const found = name === "\n" ? "newline" : isKnown ? `"${name}"` : "word";
    const wanted = expected === undefined ? "" : ` (expecting "${expected}")`;
    return new ShellSyntaxError(this.#lexer.line, `Syntax error: ${found} unexpected${wanted}`);
  }
}

function listOf(items: readonly Command[]): Command {
  return items.length === 1 ? items[0]! : { kind: "list", items };
}

function plainText(word: Word): string {
  const part = word[0];
  return word.length === 1 && part?.kind === "text" && !part.isQuoted ? part.text : "";
}

function assignmentOf(word: Word): { name: string; word: Word } | undefined {
  const first = word[0];
  if (first?.kind !== "text" || first.isQuoted) return undefined;
  const name = /^([A-Za-z_]\w*)=/.exec(first.text)?.[1];
  if (name === undefined) return undefined;
  const rest = first.text.slice(name.length + 1);
  const begin: Word = rest === "" ? [] : [{ kind: "text", text: rest, isQuoted: false }];
  return { name, word: [...begin, ...word.slice(1)] };
}
