/** Whether two JSON values are deeply equal; the order of an object's fields does not matter. */
export function isDeepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const fields = Object.keys(a);
  if (fields.length !== Object.keys(b).length) return false;
  return fields.every(
    (field) => Object.hasOwn(b, field) && isDeepEqual(fieldOf(a, field), fieldOf(b, field)),
  );
}

function fieldOf(value: object, field: string): unknown {
  return (value as Record<string, unknown>)[field];
}
