// Wrong: counts a system as its own ancestor when it looks for common ones.
import type { System } from "./contract.ts";

export function ancestors(tree: readonly System[], name: string): readonly string[] {
  return inOrder(ancestorsOf(mapOf(tree), name));
}

export function commonAncestors(tree: readonly System[], a: string, b: string): readonly string[] {
  const byName = mapOf(tree);
  const ofB = new Set(ancestorsOf(byName, b));
  const self = byName.get(b);
  if (self !== undefined) ofB.add(self);
  return inOrder(ancestorsOf(byName, a).filter((system) => ofB.has(system)));
}

function mapOf(tree: readonly System[]): ReadonlyMap<string, System> {
  return new Map(tree.map((system) => [system.name, system]));
}

function ancestorsOf(byName: ReadonlyMap<string, System>, name: string): System[] {
  const found = new Set<System>();
  const waiting = [...(byName.get(name)?.parents ?? [])];
  while (waiting.length > 0) {
    const system = byName.get(waiting.pop() as string);
    if (system === undefined || found.has(system)) continue;
    found.add(system);
    waiting.push(...system.parents);
  }
  return [...found];
}

function inOrder(systems: System[]): string[] {
  return systems
    .sort((a, b) => a.year - b.year || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}
