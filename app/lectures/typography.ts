import type { ElementContent, Root, RootContent } from "hast";

/** Quotation marks and apostrophes as a book has them; code in backticks stays as it is. */
export function curly(text: string, before = ""): string {
  let last = before;
  let isCode = false;
  let out = "";
  for (const sign of text) {
    if (sign === "`") isCode = !isCode;
    out += isCode ? sign : curlySign(sign, last);
    last = sign;
  }
  return out;
}

function curlySign(sign: string, before: string): string {
  const opens = before === "" || /[\s([{—–/‘“"']/.test(before);
  if (sign === '"') return opens ? "“" : "”";
  if (sign === "'") return opens ? "‘" : "’";
  return sign;
}

/** What is set letter by letter as it was written. */
const VERBATIM = new Set(["code", "pre", "kbd", "samp", "kb-cell"]);
/** In these a quotation goes on; every other element begins anew. */
const INLINE = new Set(["a", "em", "strong", "del", "sup", "code", "kbd", "span", "br"]);
/** Attributes of our own elements that are shown as text. */
const SHOWN = ["title", "caption", "question"];

/** The same text with a book's quotation marks. */
export function withCurlyQuotes(text: Root): Root {
  let before = "";
  const set = <T extends RootContent | ElementContent>(node: T): T => {
    if (node.type === "text") {
      const value = curly(node.value, before);
      before = node.value.at(-1) ?? before;
      return { ...node, value };
    }
    if (node.type !== "element") return node;
    if (!INLINE.has(node.tagName)) before = "";
    const isFormula = [node.properties["className"]].flat().includes("katex");
    if (VERBATIM.has(node.tagName) || isFormula) {
      before = "x";
      return node;
    }
    const children = node.children.map(set);
    if (!node.tagName.startsWith("kb-")) return { ...node, children };
    const shown = SHOWN.flatMap((name): [string, string][] => {
      const value = node.properties[name];
      return typeof value === "string" ? [[name, curly(value)]] : [];
    });
    return { ...node, children, properties: { ...node.properties, ...Object.fromEntries(shown) } };
  };
  return { ...text, children: text.children.map(set) };
}
