/** The number that `name` is, written without superfluous zeros; undefined otherwise. @linux fs/proc/util.c `name_to_int` */
export function nameToInt(name: string): number | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(name)) return undefined;
  const value = Number(name);
  return value <= 0xffffffff ? value : undefined;
}
