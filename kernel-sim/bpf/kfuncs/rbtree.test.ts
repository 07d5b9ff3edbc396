import fc from "fast-check";
import { expect, test } from "vitest";
import { BpfMemory } from "../memory.ts";
import { RbTree } from "./rbtree.ts";

const NODE_BYTES = 32;
const PARENT_COLOR = 0;

/** How many black nodes lie on every way down; fails where two ways differ or two red ones follow. */
function blackHeight(memory: BpfMemory, tree: RbTree, node: number): number {
  if (node === 0) return 1;
  const isRed = (at: number) =>
    at !== 0 && (memory.view.getInt32(at + PARENT_COLOR, true) & 1) === 0;
  const [left, right] = [tree.left(node), tree.right(node)];
  if (isRed(node)) expect(isRed(left) || isRed(right)).toBe(false);
  const height = blackHeight(memory, tree, left);
  expect(blackHeight(memory, tree, right)).toBe(height);
  return height + (isRed(node) ? 0 : 1);
}

function inOrder(tree: RbTree, node: number): number[] {
  if (node === 0) return [];
  return [...inOrder(tree, tree.left(node)), node, ...inOrder(tree, tree.right(node))];
}

test("a tree stays sorted and balanced, whatever goes in and out", () => {
  const memory = new BpfMemory();
  const root = memory.alloc(16);
  const nodes = Array.from({ length: 32 }, () => memory.alloc(NODE_BYTES));
  const sequence = fc.array(fc.integer({ min: 0, max: 31 }), { maxLength: 80 });
  const holds = fc.property(sequence, (picks) => {
    memory.bytes.fill(0, root, root + 16);
    const tree = new RbTree(memory, root);
    const held = new Set<number>();
    for (const pick of picks) {
      const node = nodes[pick]!;
      if (held.delete(node)) {
        tree.erase(node);
      } else {
        held.add(node);
        insert(tree, node);
      }
      const sorted = [...held].toSorted((a, b) => a - b);
      expect(inOrder(tree, tree.root)).toEqual(sorted);
      expect(tree.leftmost).toBe(sorted[0] ?? 0);
      blackHeight(memory, tree, tree.root);
    }
  });
  fc.assert(holds, { numRuns: 40 });
});

/** By address. */
function insert(tree: RbTree, node: number): void {
  let parent = 0;
  let isLeft = true;
  let isLeftmost = true;
  for (let at = tree.root; at !== 0; at = isLeft ? tree.left(at) : tree.right(at)) {
    parent = at;
    isLeft = node < at;
    if (!isLeft) isLeftmost = false;
  }
  tree.insert(node, parent, isLeft, isLeftmost);
}
