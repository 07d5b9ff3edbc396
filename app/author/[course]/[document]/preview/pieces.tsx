import type { Element, ElementContent, Root, RootContent } from "hast";
import { memo } from "react";
import { type Parts, Prose } from "../../../../lectures/[slug]/prose.tsx";
import type { ShownBlock } from "./merged.ts";

interface PiecesProps {
  text: Root;
  blocks: readonly ShownBlock[];
  parts: Parts;
}

/**
 * A text piece by piece: what has not changed is not drawn again, and what has a name (a cell, a
 * figure, an exercise) stays mounted wherever it moves.
 */
export function Pieces({ text, blocks, parts }: PiecesProps) {
  const hashes = new Map<RootContent, string>();
  for (const { hash, content } of blocks) {
    for (const [place, node] of content.entries()) hashes.set(node, `${hash}.${place}`);
  }
  const seen = new Map<string, number>();
  return text.children.filter(isElement).map((node) => {
    const name = nameOf(node, hashes);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return <Piece key={`${name} ${count}`} node={node} parts={parts} />;
  });
}

const Piece = memo(
  function Piece({ node, parts }: { node: Element; parts: Parts }) {
    return <Prose text={{ type: "root", children: [node] }} parts={parts} />;
  },
  (before, after) => before.parts === after.parts && isSame(before.node, after.node),
);

const NAMED: Readonly<Record<string, string>> = {
  "kb-cell": "id",
  "kb-figure": "id",
  "kb-picture": "file",
  "kb-exercise": "id",
  "kb-predict": "cell",
};

function nameOf(node: Element, hashes: ReadonlyMap<RootContent, string>): string {
  const attribute = NAMED[node.tagName];
  if (attribute !== undefined) return `${node.tagName} ${String(node.properties[attribute])}`;
  const own = hashes.get(node);
  if (own !== undefined) return own;
  // A note with what stands beside it is put together anew each time.
  const [first] = node.children;
  return `${node.tagName} ${first === undefined ? "" : (hashes.get(first) ?? "")}`;
}

function isSame(before: ElementContent, after: ElementContent): boolean {
  if (before === after) return true;
  if (before.type !== "element" || after.type !== "element") return false;
  if (!/^kb-(?:beside|rest)$/.test(after.tagName) || before.tagName !== after.tagName) return false;
  return (
    before.children.length === after.children.length &&
    before.children.every((child, place) => {
      const other = after.children[place];
      return other !== undefined && isSame(child, other);
    })
  );
}

function isElement(node: RootContent): node is Element {
  return node.type === "element";
}
