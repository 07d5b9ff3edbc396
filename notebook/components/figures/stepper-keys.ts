/** The place that a key leads to from `position` of `count`; nothing for any other key. */
export function stepByKey(key: string, position: number, count: number): number | undefined {
  const to = target(key, position, count);
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to));
}

function target(key: string, position: number, count: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return position + 1;
    case "ArrowLeft":
    case "ArrowDown":
      return position - 1;
    case "PageUp":
      return position + 10;
    case "PageDown":
      return position - 10;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
