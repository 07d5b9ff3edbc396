// Wrong: names a system once for each way to it.
import type { System } from "./contract.ts";

export function ancestors(tree: readonly System[], name: string): readonly string[] {
  return inOrder(ancestorsOf(mapOf(tree), name));
}

export function commonAncestors(tree: readonly System[], a: string, b: string): readonly string[] {
  const byName = mapOf(tree);
  const ofB = new Set(ancestorsOf(byName, b));
  return inOrder(ancestorsOf(byName, a).filter((system) => ofB.has(system)));
}

function mapOf(tree: readonly System[]): ReadonlyMap<string, System> {
  return new Map(tree.map((system) => [system.name, system]));
}

function ancestorsOf(byName: ReadonlyMap<string, System>, name: string): System[] {
  const found: System[] = [];
  const waiting = [...(byName.get(name)?.parents ?? [])];
  while (waiting.length > 0) {
    const system = byName.get(waiting.pop() as string);
    if (system === undefined || found.length > 100_000) continue;
    found.push(system);
    waiting.push(...system.parents);
  }
  return found;
}

function inOrder(systems: System[]): string[] {
  return systems
    .sort((a, b) => a.year - b.year || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}
