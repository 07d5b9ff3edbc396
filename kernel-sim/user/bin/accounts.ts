import { fromUtf8 } from "../marshal.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { readPath } from "./io.ts";

/** A line of /etc/passwd. @spec passwd(5) */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Who has this name. */
export function* accountOf(sys: Sys, name: string): SysCall<Account | undefined> {
  for (const fields of yield* lines(sys, "/etc/passwd")) {
    const [found, , uid, gid, , home, shell] = fields;
    if (found !== name || uid === undefined || gid === undefined) continue;
    return {
      name,
      uid: Number(uid),
      gid: Number(gid),
      home: home || "/",
      shell: shell || "/bin/sh",
    };
  }
  return undefined;
}

/** The groups that name `user` as a member, and its own. @spec initgroups(3) */
export function* groupsOf(sys: Sys, { name, gid }: Account): SysCall<number[]> {
  const groups = [gid];
  for (const [, , number, members] of yield* lines(sys, "/etc/group")) {
    const isMember = members?.split(",").includes(name) ?? false;
    if (isMember && !groups.includes(Number(number))) groups.push(Number(number));
  }
  return groups;
}

function* lines(sys: Sys, path: string): SysCall<string[][]> {
  const bytes = yield* readPath(sys, path);
  if (typeof bytes === "number") return [];
  return fromUtf8(bytes)
    .split("\n")
    .map((line) => line.split(":"));
}
