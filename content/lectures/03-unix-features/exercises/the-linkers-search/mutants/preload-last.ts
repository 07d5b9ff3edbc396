import type { Linked, LinkResult, SharedObject } from "./contract.ts";

const PAGE_SIZE = 4096;

export function link(
  program: string,
  files: readonly SharedObject[],
  preload: readonly string[],
): LinkResult {
  const fileOf = (name: string) => files.find((file) => file.name === name);
  const list: SharedObject[] = [];
  const load = (name: string): boolean => {
    if (list.some((object) => object.name === name)) return true;
    const file = fileOf(name);
    if (file !== undefined) list.push(file);
    return file !== undefined;
  };
  if (!load(program)) return { missing: program };
  // The list grows while we go through it.
  for (const { needed } of list) {
    for (const name of needed) if (!load(name)) return { missing: name };
  }
  for (const name of preload) load(name);

  const bindings: Linked["bindings"][number][] = [];
  const writes: Linked["writes"][number][] = [];
  let sharedPages = 0;
  for (const object of list) {
    const written = new Set<number>();
    for (const { symbol, binding, slot } of object.references) {
      const definer = list.find(({ defines }) => Object.hasOwn(defines, symbol));
      if (definer === undefined && binding === "strong") {
        return { undefined: symbol, object: object.name };
      }
      bindings.push({ object: object.name, symbol, to: definer?.name ?? null });
      writes.push({ object: object.name, address: slot });
      written.add(Math.floor(slot / PAGE_SIZE));
    }
    sharedPages += object.textPages + object.dataPages - written.size;
  }
  return { order: list.map(({ name }) => name), bindings, writes, sharedPages };
}
