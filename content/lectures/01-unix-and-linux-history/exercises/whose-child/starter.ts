import type { System } from "./contract.ts";

export function ancestors(tree: readonly System[], name: string): readonly string[] {
  const system = tree.find((one) => one.name === name);
  return system?.parents ?? [];
}

export function commonAncestors(tree: readonly System[], a: string, b: string): readonly string[] {
  return [];
}
