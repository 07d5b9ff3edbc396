/** With two decimals at most: `2.5`. */
export function printPoints(points: number): string {
  return String(Math.round(points * 100) / 100);
}
