import type * as Monaco from "monaco-editor";

/** Not "mdx": Monaco's own language of that name indents what follows a component, and closes each "<". */
export const MDX = "lecture-mdx";

/** Colours of a lecture's text: headings, code, components, front matter. */
export const MDX_TOKENS: Monaco.languages.IMonarchLanguage = {
  defaultToken: "",
  tokenizer: {
    root: [
      [/^---\s*$/, { token: "comment", next: "@matter" }],
      [/^/, { token: "", next: "@text" }],
    ],
    matter: [
      [/^---\s*$/, { token: "comment", switchTo: "@text" }],
      [/^[a-z]+(?=:)/, "keyword"],
      [/\d+/, "number"],
      [/./, ""],
    ],
    text: [
      [/^ {0,3}```ts\b.*$/, { token: "comment", next: "@typescript", nextEmbedded: "typescript" }],
      [/^ {0,3}```.*$/, { token: "comment", next: "@code" }],
      [/^#{1,6}\s.*$/, "keyword"],
      [/<\/?[A-Z]\w*/, { token: "type", next: "@tag" }],
      [/`[^`]*`/, "string"],
      [/\$[^$]+\$/, "number"],
      [/\]\([^)]*\)/, "string"],
      [/./, ""],
    ],
    tag: [
      [/\/?>/, { token: "type", next: "@pop" }],
      [/[a-z]+(?==)/, "keyword"],
      [/"[^"]*"/, "string"],
      [/\s+|=/, ""],
      [/./, { token: "@rematch", next: "@pop" }],
    ],
    typescript: [
      [/^ {0,3}```\s*$/, { token: "comment", next: "@pop", nextEmbedded: "@pop" }],
      [/[^`]+/, ""],
    ],
    code: [
      [/^ {0,3}```\s*$/, { token: "comment", next: "@pop" }],
      [/.*$/, "string"],
    ],
  },
};

export const MDX_CONFIGURATION: Monaco.languages.LanguageConfiguration = {
  brackets: [
    ["[", "]"],
    ["(", ")"],
    ["{", "}"],
  ],
  autoClosingPairs: [
    { open: "[", close: "]" },
    { open: "(", close: ")" },
    { open: '"', close: '"' },
  ],
  surroundingPairs: [
    { open: "*", close: "*" },
    { open: "`", close: "`" },
    { open: "[", close: "]" },
    { open: '"', close: '"' },
  ],
};
