/** Colours code that is no cell, by the kinds of token that the page has colours for. */
import type { Element, ElementContent } from "hast";
import { createCssVariablesTheme, createHighlighterCoreSync } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import bash from "shiki/langs/bash.mjs";
import c from "shiki/langs/c.mjs";
import typescript from "shiki/langs/typescript.mjs";

const THEME = createCssVariablesTheme({ name: "kinds", variablePrefix: "" });

/** What the theme calls a colour, and `data-token` of the page. */
const KINDS: Readonly<Record<string, string>> = {
  "var(--token-keyword)": "keyword",
  "var(--token-comment)": "comment",
  "var(--token-string)": "string",
  "var(--token-string-expression)": "string",
  "var(--token-constant)": "number",
};

const highlighter = createHighlighterCoreSync({
  themes: [THEME],
  langs: [...c, ...bash, ...typescript],
  engine: createJavaScriptRegexEngine({ forgiving: true }),
});

const LANGUAGES = new Set(["c", "bash", "sh", "ts", "typescript"]);
/** The whole of one fence. */
const COLOUR_MS_MAX = 200;

/** A `pre` whose tokens are `span[data-token]`: classes and colours are the page's business. */
export function colouredCode(source: string, lang: string | null | undefined): Element {
  const children = LANGUAGES.has(lang ?? "") ? tokens(source, lang ?? "") : [text(source)];
  const properties = lang ? { dataLang: lang } : {};
  const code: Element = { type: "element", tagName: "code", properties: {}, children };
  return { type: "element", tagName: "pre", properties, children: [code] };
}

function tokens(source: string, lang: string): ElementContent[] {
  const lines = highlighter.codeToTokensBase(source, {
    lang,
    theme: "kinds",
    tokenizeMaxLineLength: 1000,
    tokenizeTimeLimit: COLOUR_MS_MAX,
  });
  return lines.flatMap((line, index) => {
    const spans = line.map(({ content, color }): ElementContent => {
      const kind = KINDS[color ?? ""];
      if (kind === undefined) return text(content);
      const properties = { dataToken: kind };
      return { type: "element", tagName: "span", properties, children: [text(content)] };
    });
    return index === 0 ? spans : [text("\n"), ...spans];
  });
}

function text(value: string): ElementContent {
  return { type: "text", value };
}
