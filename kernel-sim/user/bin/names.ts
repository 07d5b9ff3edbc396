import { fromUtf8 } from "../marshal.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { readPath } from "./io.ts";

/** The names by number in /etc/passwd or /etc/group. */
export function* names(sys: Sys, file: string): SysCall<Map<number, string>> {
  const bytes = yield* readPath(sys, file);
  const found = new Map<number, string>();
  if (typeof bytes === "number") return found;
  for (const row of fromUtf8(bytes).split("\n")) {
    const [name, , id] = row.split(":");
    if (id !== undefined) found.set(Number(id), name!);
  }
  return found;
}
