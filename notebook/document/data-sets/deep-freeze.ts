/**
 * Makes plain data unchangeable to the bottom: cells of all readers look at the same objects. Its calls are marked as
 * pure, so that bundles leave out what they do not use.
 */
export function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
