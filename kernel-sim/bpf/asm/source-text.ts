/** Where a token stands; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type TokenKind = "word" | "number" | "sign" | "end";

export interface Token extends Place {
  readonly kind: TokenKind;
  readonly text: string;
}

/** A statement: the tokens of one instruction, the last one of kind "end". */
export type Statement = readonly Token[];

/** Names file place and remedy, in the form that editors know. */
export function syntaxError({ line, column }: Place, problem: string): SyntaxError {
  return new SyntaxError(`line ${line}, column ${column}: ${problem}`);
}

// Signed operators come before words, so that `s>` is one sign.
const TOKEN =
  /(?<word>[A-Za-z_][\w.]*(?![\w.]))|(?<number>0[xX][0-9a-fA-F_]+|\d[\d_]*)|(?<sign>>>=|<<=|[-+*/%&|^=!<>]=|[-+*&|^=<>()[\]:,#])/y;
const SIGNED = /s(?:>>=|\/=|%=|<=|>=|<|>)/y;
const BLANK = /[ \t\r]+/y;

/**
 * Splits a program into statements, one a line. `//` and `;` begin a comment; in a text of a
 * single line a `;` separates instructions instead, so that `r0 = 2; exit` is a program.
 */
export function statementsOf(source: string): Statement[] {
  const trimmed = source.trim();
  const isOneLine = !trimmed.includes("\n");
  const statements: Statement[] = [];
  source.split("\n").forEach((text, i) => {
    const code = text.replace(/\/\/.*$/, "");
    let from = 0;
    for (const part of isOneLine ? code.split(";") : [code.replace(/;.*$/, "")]) {
      const tokens = tokensOf(part, { line: i + 1, column: from + 1 });
      if (tokens.length > 1) statements.push(tokens);
      from += part.length + 1;
    }
  });
  return statements;
}

function tokensOf(text: string, start: Place): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const place = () => ({ line: start.line, column: start.column + at });
  while (at < text.length) {
    BLANK.lastIndex = at;
    const blank = BLANK.exec(text);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const token = tokenAt(text, at, place());
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "the end of the line", ...place() });
  return tokens;
}

function tokenAt(text: string, at: number, place: Place): Token {
  SIGNED.lastIndex = at;
  const signed = SIGNED.exec(text);
  if (signed !== null) return { kind: "sign", text: signed[0], ...place };
  TOKEN.lastIndex = at;
  const match = TOKEN.exec(text);
  if (match === null) {
    throw syntaxError(place, `\`${text[at]}\` has no meaning here; comments begin with ; or //`);
  }
  const { word, number } = match.groups ?? {};
  const kind = word !== undefined ? "word" : number !== undefined ? "number" : "sign";
  return { kind, text: match[0], ...place };
}
