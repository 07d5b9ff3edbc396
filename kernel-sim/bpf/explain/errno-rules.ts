import { E2BIG, EFAULT, EINVAL, ENOSPC, ENOTSUPP, EPERM } from "../../include/errno.ts";
import type { RefusalRule } from "./refusal-rule.ts";

const SILENT = /^$/;

const BY_ERRNO: ReadonlyMap<number, Omit<RefusalRule, "message">> = new Map([
  [
    EINVAL,
    {
      rule: "The call itself is wrong, and the program was not looked at, or the kernel has no words for it: an unknown type, flag or attach type, a name with a character that names may not have, a log buffer without a size or a size without a buffer.",
      repair: "Compare each field of the attribute block with bpf(2).",
    },
  ],
  [
    E2BIG,
    {
      rule: "A program has at least one instruction, and at most 1,000,000 (4,096 without CAP_BPF).",
      repair: "Split it, and go on by tail calls.",
    },
  ],
  [
    EFAULT,
    {
      rule: "The kernel could not read what a field of the attribute block points to.",
      repair: "Pass addresses of memory that is there.",
    },
  ],
  [
    ENOSPC,
    {
      rule: "The log did not fit into its buffer. The program itself may be right.",
      repair: "Pass a larger buffer, or a lower log level.",
    },
  ],
  [
    ENOTSUPP,
    {
      rule: "The kernel knows what was asked for, and does not do it here.",
      repair: "Use another program type or flag.",
    },
  ],
  [
    EPERM,
    {
      rule: "The task lacks a capability: CAP_BPF for loading, CAP_PERFMON for tracing, CAP_NET_ADMIN for networking.",
      repair: "Load it as a user who has them.",
    },
  ],
]);

/** For refusals without a line. @param errno positive */
export function errnoRules(errno: number): readonly RefusalRule[] {
  const known = BY_ERRNO.get(errno);
  return known === undefined ? [] : [{ ...known, message: SILENT }];
}
