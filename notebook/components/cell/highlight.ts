/** Colours the text of a cell that the reader has changed: the lecture's own come from the server. */

export type TokenKind = "plain" | "keyword" | "comment" | "string" | "number" | "bpf" | "trap";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set(
  (
    "as async await break case catch class const continue debugger default delete do else " +
    "export extends false finally for from function if import in instanceof interface let new " +
    "null of return satisfies static super switch this throw true try typeof undefined " +
    "var void while with yield"
  ).split(" "),
);

/** Comment, string, number or name at the present place; a template is read by hand. */
const TOKEN =
  /(\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|("(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(\byield\*)|(\b(?:0[xXbBoO])?[\da-fA-F_]*\d[\da-fA-F_]*(?:\.\d+)?(?:[eE][+-]?\d+)?n?\b)|([A-Za-z_$][\w$]*)/y;

/** The text's tokens line by line; joined they are the text again. */
export function highlight(source: string): readonly (readonly Token[])[] {
  const tokens: Token[] = [];
  readCode(source, 0, "", tokens);
  return intoLines(tokens);
}

/** Reads up to the end, or to the `}` that closes a template's `${`. Answers where it stopped. */
function readCode(source: string, from: number, closing: "" | "}", tokens: Token[]): number {
  let at = from;
  let depth = 0;
  while (at < source.length) {
    const sign = source[at] ?? "";
    if (sign === "`") {
      at = readTemplate(source, at, tokens);
      continue;
    }
    if (closing === "}" && sign === "}" && depth === 0) return at;
    depth += sign === "{" ? 1 : sign === "}" ? -1 : 0;
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    const text = found?.[0] ?? sign;
    tokens.push({ kind: found ? kindOf(found) : "plain", text });
    at += text.length;
  }
  return at;
}

function kindOf([text, comment, string, trap, number]: RegExpExecArray): TokenKind {
  if (comment !== undefined) return "comment";
  if (string !== undefined) return "string";
  if (trap !== undefined) return "trap";
  if (number !== undefined) return "number";
  return KEYWORDS.has(text) ? "keyword" : "plain";
}

function readTemplate(source: string, from: number, tokens: Token[]): number {
  // A program for the BPF machine has the colour of that machine.
  const before = tokens
    .slice(-3)
    .map((token) => token.text)
    .join("");
  const kind: TokenKind = before.endsWith("bpf.asm") ? "bpf" : "string";
  let at = from + 1;
  let start = from;
  while (at < source.length) {
    if (source[at] === "\\") at += 2;
    else if (source[at] === "`") {
      tokens.push({ kind, text: source.slice(start, at + 1) });
      return at + 1;
    } else if (source.startsWith("${", at)) {
      tokens.push({ kind, text: source.slice(start, at) }, { kind: "plain", text: "${" });
      at = readCode(source, at + 2, "}", tokens);
      if (at < source.length) tokens.push({ kind: "plain", text: "}" });
      at += 1;
      start = at;
    } else at += 1;
  }
  tokens.push({ kind, text: source.slice(start) });
  return at;
}

function intoLines(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const lines: Token[][] = [[]];
  for (const { kind, text } of tokens) {
    text.split("\n").forEach((piece, number) => {
      if (number > 0) lines.push([]);
      if (piece !== "") addTo(lines.at(-1) ?? [], kind, piece);
    });
  }
  return lines;
}

function addTo(line: Token[], kind: TokenKind, text: string): void {
  const last = line.at(-1);
  if (last?.kind === kind) line[line.length - 1] = { kind, text: last.text + text };
  else line.push({ kind, text });
}
