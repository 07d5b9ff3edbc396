import type { LinkResult, SharedObject } from "./contract.ts";

export function link(
  program: string,
  files: readonly SharedObject[],
  preload: readonly string[],
): LinkResult {
  const main = files.find(({ name }) => name === program);
  if (main === undefined) return { missing: program };
  const sharedPages = main.textPages + main.dataPages;
  return { order: [program], bindings: [], writes: [], sharedPages };
}
