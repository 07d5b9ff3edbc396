import type { RefusalRule } from "./refusal-rule.ts";

/** Numbers: what a program answers, shifts, divisions, loops. */
export const numberRules: readonly RefusalRule[] = [
  {
    message: /^At program exit the register R(?<reg>\d+) is not a known value \((?<type>.+)\)$/,
    rule: "What a program of this type answers must be a number, and this is a pointer.",
    repair: "Set the answer in front of `exit`: `r0 = 0`.",
  },
  {
    message:
      /^At (?<when>program exit|callback return|async callback return) the register R(?<reg>\d+) has (?<has>.+) should have been in \[(?<min>-?\d+), (?<max>-?\d+)\]$/,
    rule: "The kernel acts on the answer, and takes numbers from $min to $max only; the one here has $has.",
    repair:
      "Answer a constant of that range on this way, or bound the value before: `if r0 > $max goto out`.",
  },
  {
    message: /^R(?<reg>\d+) not a scalar value(?: \(.+\))?$/,
    rule: "An answer must be a number.",
    repair: "Set r0 in front of `exit`.",
  },
  {
    message: /^R(?<reg>\d+) is not a (?:known constant'|scalar)$/,
    rule: "The function needs a number here, and where it says so one that is known when the program is checked.",
    repair: "Pass a constant.",
  },
  {
    message: /^R(?<reg>\d+) must be a known constant$/,
    rule: "The function needs a number that is known when the program is checked.",
    repair: "Pass a constant; choose between several with a branch and a call each.",
  },
  {
    message:
      /^R(?<reg>\d+) doesn't have constant offset\. (?<what>\w+) has to be at the constant offset$/,
    rule: "Which $what of a value is meant has to be known when the program is checked.",
    repair: "Take its address with a constant offset from the start of the value.",
  },
  {
    message: /^invalid shift (?<count>-?\d+)$/,
    rule: "A constant shift is smaller than the width of the register: 0 to 63, or 0 to 31 in 32-bit form; $count is not.",
    repair: "Use a smaller one. Counts in registers are taken modulo the width.",
  },
  {
    message: /^div by zero$/,
    rule: "A division by the constant 0, and a remainder of one, is refused at once. By a register that happens to be 0 a division gives 0, and a remainder leaves the dividend as it is.",
    repair: "Divide by something else.",
  },
  {
    message: /^infinite loop detected at insn (?<insn>\d+)$/,
    rule: "The program comes back to instruction $insn knowing exactly what it knew before: it would go on for ever.",
    repair:
      "Let a counter change in each round and leave by comparing it with a constant. For loops that cannot be followed round by round there are `bpf_loop`, open-coded iterators and `may_goto`.",
  },
  {
    message: /^BPF program is too large\. Processed (?<count>\d+) insn$/,
    rule: "The verifier follows every path and gives up after 1,000,000 instructions, however short the program is.",
    repair:
      "Shorten loops, let paths come together early in the same state, move parts into functions that are checked once, or loop with `bpf_loop`.",
  },
  {
    message: /^The sequence of (?<count>\d+) jumps is too complex\.$/,
    rule: "At most 8,192 branches may wait to be followed at a time.",
    repair: "Let branches come together again before new ones begin.",
  },
  {
    message: /^back-edge from insn (?<from>\d+) to (?<to>\d+)$/,
    rule: "Without CAP_BPF a program may only jump forwards: loops are for privileged programs.",
    repair: "Unroll the loop, or load the program with the capability.",
  },
];
