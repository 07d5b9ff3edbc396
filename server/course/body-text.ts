/** The words of a lecture's body: for search, and for downloads that cannot hold HTML. */
import type { Element, ElementContent, Nodes, Root, RootContent } from "hast";

/** A heading with what stands under it, up to the next one. */
export interface Section {
  /** Undefined for what stands before the first heading. */
  readonly id: string | undefined;
  readonly title: string;
  readonly depth: number;
  readonly content: readonly RootContent[];
}

export function sectionsOf(body: Root): Section[] {
  const sections: { id?: string; title: string; depth: number; content: RootContent[] }[] = [
    { title: "", depth: 1, content: [] },
  ];
  for (const node of body.children) {
    const depth = node.type === "element" ? /^h([1-6])$/.exec(node.tagName)?.[1] : undefined;
    if (depth === undefined || node.type !== "element") {
      sections.at(-1)?.content.push(node);
      continue;
    }
    const id = String(node.properties["id"]);
    sections.push({ id, title: plainText(node), depth: Number(depth), content: [] });
  }
  return sections.map(({ id, ...rest }) => ({ id, ...rest }));
}

/** Elements after which a word ends. */
const BLOCKS = /^(?:p|li|h[1-6]|tr|td|th|pre|blockquote|div|br|kb-.*)$/;

/** What a reader reads, in one line. A formula is its source. */
export function plainText(node: Nodes): string {
  const parts: string[] = [];
  collect(node, parts);
  return parts.join("").replace(/\s+/g, " ").trim();
}

function collect(node: Nodes, parts: string[]): void {
  if (node.type === "text") parts.push(node.value);
  if (!("children" in node)) return;
  if (node.type === "element") {
    const formula = formulaOf(node);
    if (formula !== undefined) {
      parts.push(formula);
      return;
    }
    for (const attribute of ["title", "question", "alt", "caption"]) {
      if (!node.tagName.startsWith("kb-")) continue;
      const words = node.properties[attribute];
      if (typeof words === "string") parts.push(words.replaceAll("`", ""), " ");
    }
  }
  for (const child of node.children) collect(child as Nodes, parts);
  if (node.type === "element" && BLOCKS.test(node.tagName)) parts.push(" ");
}

/** The TeX of KaTeX's output; undefined for any other element. */
export function formulaOf(node: Element): string | undefined {
  const classes = node.properties["className"];
  if (!Array.isArray(classes) || !classes.includes("katex")) return undefined;
  return annotationIn(node) ?? "";
}

function annotationIn(node: Element): string | undefined {
  if (node.tagName === "annotation") {
    return node.children.map((child) => (child.type === "text" ? child.value : "")).join("");
  }
  for (const child of node.children as ElementContent[]) {
    const found = child.type === "element" ? annotationIn(child) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
