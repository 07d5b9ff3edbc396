/** Whether a flag of clone, which may lie above bit 31, is set. */
export function hasFlag(flags: number, flag: number): boolean {
  return Math.floor(flags / flag) % 2 === 1;
}
