import type { FieldType } from "./bytes.ts";

export interface StructField {
  readonly type: FieldType;
  readonly at: number;
}

export interface StructLayout {
  readonly bytes: number;
  readonly fields: ReadonlyMap<string, StructField>;
}

/** Fields that a kernel may fill as it likes; they are never recorded. */
export const UNRECORDED: Readonly<Record<string, readonly string[]>> = {
  uffdio_api: ["features", "ioctls"],
  uffdio_register: ["ioctls"],
  uffdio_copy: ["src"],
};

/** Counts of bytes done, or a negative error, which is recorded by its name. */
export const COUNT_OR_ERRNO: readonly string[] = ["uffdio_copy.copy", "uffdio_zeropage.zeropage"];

export const ADDRESS_FIELDS: readonly string[] = ["addr", "start", "dst", "sp"];

const LAYOUTS: Readonly<Record<string, string>> = {
  timespec: "16: sec s64@0, nsec s64@8",
  timeval: "16: sec s64@0, usec s64@8",
  itimerspec: "32: int_sec s64@0, int_nsec s64@8, sec s64@16, nsec s64@24",
  itimerval: "32: int_sec s64@0, int_usec s64@8, sec s64@16, usec s64@24",
  rlimit: "16: cur u64@0, max u64@8",
  flock: "32: type s16@0, whence s16@2, start s64@8, len s64@16, pid s32@24",
  ucred: "12: pid s32@0, uid u32@4, gid u32@8",
  linger: "8: onoff s32@0, linger s32@4",
  sched_param: "4: priority s32@0",
  sched_attr:
    "48: size u32@0, policy u32@4, flags u64@8, nice s32@16, priority u32@20, runtime u64@24, deadline u64@32, period u64@40",
  open_how: "24: flags u64@0, mode u64@8, resolve u64@16",
  cap_header: "8: version u32@0, pid s32@4",
  cap_data:
    "24: effective0 u32@0, permitted0 u32@4, inheritable0 u32@8, effective1 u32@12, permitted1 u32@16, inheritable1 u32@20",
  landlock_ruleset_attr: "24: handled_access_fs u64@0, handled_access_net u64@8, scoped u64@16",
  landlock_path_beneath: "12: allowed_access u64@0, parent_fd s32@8",
  landlock_net_port: "16: allowed_access u64@0, port u64@8",
  uffdio_api: "24: api u64@0, features u64@8, ioctls u64@16",
  uffdio_register: "32: start u64@0, len u64@8, mode u64@16, ioctls u64@24",
  uffdio_range: "16: start u64@0, len u64@8",
  uffdio_copy: "40: dst u64@0, src u64@8, len u64@16, mode u64@24, copy s64@32",
  uffdio_zeropage: "32: start u64@0, len u64@8, mode u64@16, zeropage s64@24",
  stack: "24: sp u64@0, flags s32@8, size u64@16",
  sembuf: "6: num u16@0, op s16@2, flg s16@4",
  uffd_msg: "32: event u8@0, flags u64@8, addr u64@16",
  signalfd_siginfo:
    "128: signo u32@0, errno s32@4, code s32@8, pid u32@12, uid u32@16, status s32@40, int s32@44",
  int: "4: v s32@0",
  u64: "8: v u64@0",
  i64: "8: v s64@0",
  pidt: "4: v s32@0",
};

const parsed = new Map(Object.entries(LAYOUTS).map(([name, text]) => [name, parseLayout(text)]));

/** The layout of a struct of the corpus on x86-64. */
export function structLayout(name: string): StructLayout {
  const layout = parsed.get(name);
  if (layout === undefined) throw new Error(`no struct is called "${name}"`);
  return layout;
}

function parseLayout(text: string): StructLayout {
  const [bytes = "", list = ""] = text.split(": ");
  const fields = new Map<string, StructField>();
  for (const field of list.split(", ")) {
    const [name = "", type = "", at = ""] = field.split(/[ @]/);
    fields.set(name, { type: type as FieldType, at: Number(at) });
  }
  return { bytes: Number(bytes), fields };
}
