import type { RefusalRule } from "./refusal-rule.ts";

const CAPABILITY = "Load the program with CAP_PERFMON (or CAP_SYS_ADMIN), or do without it.";

/** What only a privileged loader may do. */
export const privilegeRules: readonly RefusalRule[] = [
  {
    message: /^R(?<reg>\d+) leaks addr (?<where>as return value|into \w+(?: \w+)*)$/,
    rule: "An address of the kernel must not reach those who could use it in an attack: without CAP_PERFMON no pointer leaves the program.",
    repair: `Hand out a number. ${CAPABILITY}`,
  },
  {
    message:
      /^R(?<reg>\d+) pointer arithmetic of map value goes out of range, prohibited for !root$/,
    rule: "A processor that guesses follows a pointer before it is checked. Without CAP_PERFMON it must not even for a moment leave its object.",
    repair: "Bound the offset before it is added, not afterwards.",
  },
  {
    message:
      /^R(?<reg>\d+) (?<what>has pointer with unsupported alu operation|has unknown scalar with mixed signed bounds|tried to (?:add|sub) from different maps, paths or scalars|could not be pushed for speculative verification)(?:, .*)?$/,
    rule: "Without CAP_PERFMON a pointer may be computed with only in ways that stay harmless when the processor guesses.",
    repair: `Use an offset with bounds of one sign, the same on all ways. ${CAPABILITY}`,
  },
  {
    message: /^'struct (?<name>\w+)' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN$/,
    rule: "The kernel's own structures are for those who may look into the kernel.",
    repair: CAPABILITY,
  },
];
