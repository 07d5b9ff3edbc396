/**
 * What Linux notes of each function that programs may call: flags, and which programs those are.
 *
 * @linux kernel/bpf/btf.c `register_btf_kfunc_id_set`, `btf_kfunc_id_set_contains` (6.18)
 */
import * as uapi from "../uapi.ts";
import { KFUNC_DECLARATIONS, type KfuncDeclarations } from "./declarations.ts";

/** @linux include/linux/btf.h `KF_ACQUIRE` and following (6.18) */
export const KF_ACQUIRE = 1 << 0;
export const KF_RELEASE = 1 << 1;
export const KF_RET_NULL = 1 << 2;
export const KF_TRUSTED_ARGS = 1 << 4;
export const KF_SLEEPABLE = 1 << 5;
export const KF_DESTRUCTIVE = 1 << 6;
export const KF_RCU = 1 << 7;
export const KF_ITER_NEW = 1 << 8;
export const KF_ITER_NEXT = 1 << 9;
export const KF_ITER_DESTROY = 1 << 10;
export const KF_RCU_PROTECTED = 1 << 11;
export const KF_FASTCALL = 1 << 12;

const FLAGS: Readonly<Record<string, number>> = {
  ACQUIRE: KF_ACQUIRE,
  RELEASE: KF_RELEASE,
  RET_NULL: KF_RET_NULL,
  TRUSTED_ARGS: KF_TRUSTED_ARGS,
  SLEEPABLE: KF_SLEEPABLE,
  DESTRUCTIVE: KF_DESTRUCTIVE,
  RCU: KF_RCU,
  ITER_NEW: KF_ITER_NEW,
  ITER_NEXT: KF_ITER_NEXT,
  ITER_DESTROY: KF_ITER_DESTROY,
  RCU_PROTECTED: KF_RCU_PROTECTED,
  FASTCALL: KF_FASTCALL,
};

interface KfuncEntry {
  readonly flags: number;
  readonly set: KfuncDeclarations;
}

const ENTRIES: ReadonlyMap<string, KfuncEntry> = new Map(KFUNC_DECLARATIONS.flatMap(entriesOf));

function entriesOf(set: KfuncDeclarations): [string, KfuncEntry][] {
  return linesOf(set).map((line) => {
    const colon = line.indexOf(":");
    const words = line
      .slice(0, colon)
      .split(" ")
      .filter((word) => word !== "");
    const flags = words.reduce((sum, word) => sum | FLAGS[word]!, 0);
    return [nameOf(line.slice(colon + 1)), { flags, set }];
  });
}

function linesOf({ text }: KfuncDeclarations): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function nameOf(prototype: string): string {
  return /(\w+)\(/.exec(prototype)![1]!;
}

/** Of all functions that some program may call. */
export function callableKfuncs(): readonly string[] {
  return [...ENTRIES].flatMap(([name, { set }]) => (set.hooks.length === 0 ? [] : [name]));
}

/** The prototypes of all of them, in C. */
export function kfuncPrototypes(): string {
  const lines = KFUNC_DECLARATIONS.flatMap(linesOf);
  return lines.map((line) => line.slice(line.indexOf(":") + 1)).join("\n");
}

/** By program type; types that are not here may call what is common to all only. */
const HOOKS: Readonly<Record<number, string>> = {
  [uapi.BPF_PROG_TYPE_XDP]: "XDP",
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: "TC",
  [uapi.BPF_PROG_TYPE_STRUCT_OPS]: "STRUCT_OPS",
  [uapi.BPF_PROG_TYPE_TRACING]: "TRACING",
  [uapi.BPF_PROG_TYPE_TRACEPOINT]: "TRACING",
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: "TRACING",
  [uapi.BPF_PROG_TYPE_LSM]: "TRACING",
  [uapi.BPF_PROG_TYPE_SYSCALL]: "SYSCALL",
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: "CGROUP",
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: "CGROUP",
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: "CGROUP",
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: "SCHED_ACT",
  [uapi.BPF_PROG_TYPE_SK_SKB]: "SK_SKB",
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: "SOCKET_FILTER",
  [uapi.BPF_PROG_TYPE_LWT_OUT]: "LWT",
  [uapi.BPF_PROG_TYPE_LWT_IN]: "LWT",
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: "LWT",
  [uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL]: "LWT",
  [uapi.BPF_PROG_TYPE_NETFILTER]: "NETFILTER",
  [uapi.BPF_PROG_TYPE_KPROBE]: "KPROBE",
};

/** The flags of a function; undefined: programs of that kind may not call it. */
export function kfuncFlags(
  name: string,
  progType: number,
  expectedAttachType: number,
): number | undefined {
  const entry = ENTRIES.get(name);
  if (entry === undefined) return undefined;
  const { hooks, filter } = entry.set;
  const hook = HOOKS[progType];
  const isHooked = hooks.includes("COMMON") || (hook !== undefined && hooks.includes(hook));
  if (!isHooked || filter?.(progType, expectedAttachType) === false) return undefined;
  return entry.flags;
}
