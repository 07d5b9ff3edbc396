import type { Element, Root, RootContent } from "hast";
import type { ShownBlock } from "./merged.ts";

/** Stands where a block cannot be drawn: an element of the preview alone. */
export const WRONG = "kb-wrong";

/** The blocks as one body; a broken one as what is wrong with it. */
export function bodyOf(blocks: readonly ShownBlock[]): Root {
  return {
    type: "root",
    children: blocks.flatMap((block): readonly RootContent[] =>
      block.problems.length > 0 ? [wrong(block)] : block.content,
    ),
  };
}

const made = new WeakMap<readonly RootContent[], Element>();

/** The same for the same block, so that it is not drawn again. */
function wrong({ content, problems }: ShownBlock): Element {
  const before = made.get(content);
  if (before !== undefined) return before;
  const lines = problems.map(({ line, message }) => `Line ${line}: ${message}`);
  const element: Element = {
    type: "element",
    tagName: WRONG,
    properties: {},
    children: lines.map((value) => ({
      type: "element",
      tagName: "p",
      properties: {},
      children: [{ type: "text", value }],
    })),
  };
  made.set(content, element);
  return element;
}
