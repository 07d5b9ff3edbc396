import { syscallNames32 } from "../../../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../../../arch/x86/entry/syscall-table-64.ts";
import { CLASSES, OLD_CLASSES } from "./classes.ts";

const ALIASES: Readonly<Record<string, string>> = { net: "network" };

/**
 * Which calls `-e [trace=][!]value[,value]...` shows; the wrong value as text when there is one.
 *
 * @spec strace(1), "Filtering"
 * @simplified no regular expressions and no personalities (`read@64`); of the qualifiers only `trace`.
 */
export function traceSet(expression: string): ((name: string) => boolean) | string {
  const list = expression.replace(/^(trace|t)=/, "");
  const isInverted = list.startsWith("!");
  const chosen = new Set<string>();
  let isAll = false;
  for (const value of list.slice(isInverted ? 1 : 0).split(",")) {
    if (value === "all") isAll = true;
    else if (value !== "none") {
      const names = namesOf(value);
      if (names === undefined) return value;
      for (const name of names) chosen.add(name);
    }
  }
  return (name) => (isAll || chosen.has(name)) !== isInverted;
}

function namesOf(value: string): readonly string[] | undefined {
  // `?`: nothing is wrong when there is no such call.
  const isOptional = value.startsWith("?");
  const word = isOptional ? value.slice(1) : value;
  if (word.startsWith("%") || OLD_CLASSES.includes(word)) {
    const name = word.startsWith("%") ? word.slice(1) : word;
    const key = ALIASES[name] ?? name;
    if (Object.hasOwn(CLASSES, key)) return CLASSES[key]!.split(" ");
  }
  const name = /^\d+$/.test(word) ? (syscallNames64[Number(word)] ?? word) : word;
  if (syscallNames64.includes(name) || syscallNames32.includes(name)) return [name];
  return isOptional ? [] : undefined;
}
