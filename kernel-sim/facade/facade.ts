/**
 * Freezes what a cell gets in its hands, with its methods and getters: what could be hung on one of
 * them would be seen by everybody who has the same object.
 */
export function facade<T extends object>(methods: T): T {
  for (const property of Object.values(Object.getOwnPropertyDescriptors(methods))) {
    for (const part of [property.value, property.get]) {
      if (typeof part !== "function") continue;
      Object.freeze(part);
      Object.freeze(part.prototype);
    }
  }
  return Object.freeze(methods);
}
