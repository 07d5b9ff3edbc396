import type { Element, ElementContent, Root } from "hast";
import { isElement } from "./sections.ts";

/** What takes the margin's room itself, so that no note can stand beside it. */
const WIDE = new Set([
  "kb-cell",
  "kb-figure",
  "kb-picture",
  "kb-predict",
  "kb-exercise",
  "section",
]);
const NOTES = new Set(["kb-note", "kb-aside"]);

/**
 * Puts each note beside the paragraph that it follows: `kb-beside` holds that paragraph, the note,
 * and in `kb-rest` all that may run on along a long note. So a note never covers what comes later.
 */
export function withMargin({ children }: Root): Root {
  const out: ElementContent[] = [];
  // Open while what comes next may still stand beside the last note.
  let rest: Element | undefined;
  for (const node of children) {
    if (!isElement(node)) continue;
    if (NOTES.has(node.tagName)) {
      const before = takeLast(rest?.children ?? out);
      rest = element("kb-rest", []);
      out.push(element("kb-beside", [...before, node, rest]));
    } else if (WIDE.has(node.tagName)) {
      rest = undefined;
      out.push(node);
    } else {
      (rest?.children ?? out).push(node);
    }
  }
  return { type: "root", children: out.map(withoutEmptyRest) };
}

/** The last of them, taken out, if a note can stand beside it. */
function takeLast(blocks: ElementContent[]): ElementContent[] {
  const last = blocks.at(-1);
  if (last?.type !== "element" || WIDE.has(last.tagName) || last.tagName === "kb-beside") return [];
  blocks.pop();
  return [last];
}

function withoutEmptyRest(node: ElementContent): ElementContent {
  if (node.type !== "element" || node.tagName !== "kb-beside") return node;
  const children = node.children.filter(
    (child) => child.type !== "element" || child.tagName !== "kb-rest" || child.children.length > 0,
  );
  return { ...node, children };
}

function element(tagName: string, children: ElementContent[]): Element {
  return { type: "element", tagName, properties: {}, children };
}
