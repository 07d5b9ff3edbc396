// Wrong: visits a system again on each way to it, which takes for ever where branches join.
import type { System } from "./contract.ts";

export function ancestors(tree: readonly System[], name: string): readonly string[] {
  const find = (one: string) => tree.find((system) => system.name === one);
  const walk = (one: string): string[] =>
    (find(one)?.parents ?? []).flatMap((parent) => [parent, ...walk(parent)]);
  const yearOf = (one: string) => find(one)?.year ?? 0;
  return [...new Set(walk(name))].sort((a, b) => yearOf(a) - yearOf(b) || (a < b ? -1 : 1));
}

export function commonAncestors(tree: readonly System[], a: string, b: string): readonly string[] {
  const ofB = new Set(ancestors(tree, b));
  return ancestors(tree, a).filter((name) => ofB.has(name));
}
