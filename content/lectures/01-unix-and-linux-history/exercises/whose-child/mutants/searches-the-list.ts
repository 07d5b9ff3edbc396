// Wrong: searches the whole list for every name, which is too slow for a large family.
import type { System } from "./contract.ts";

export function ancestors(tree: readonly System[], name: string): readonly string[] {
  const find = (one: string) => tree.find((system) => system.name === one);
  const found: string[] = [];
  const waiting = [...(find(name)?.parents ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.includes(next)) continue;
    found.push(next);
    waiting.push(...(find(next)?.parents ?? []));
  }
  const yearOf = (one: string) => find(one)?.year ?? 0;
  return found.sort((a, b) => yearOf(a) - yearOf(b) || (a < b ? -1 : 1));
}

export function commonAncestors(tree: readonly System[], a: string, b: string): readonly string[] {
  const ofB = new Set(ancestors(tree, b));
  return ancestors(tree, a).filter((name) => ofB.has(name));
}
