import type { RefusalRule } from "./refusal-rule.ts";

const KEEP_POINTER =
  "Take a copy of the pointer for each purpose, add to it only what is bounded, and compute with numbers in other registers.";

/** What may be done with a pointer beside following it. */
export const pointerRules: readonly RefusalRule[] = [
  {
    message: /^R(?<reg>\d+) !read_ok$/,
    rule: "A register may be read only after every way that leads here has written it. A call of a helper forgets r1 to r5.",
    repair:
      "Write the register on all ways (also where a branch goes past it), and keep what must outlive a call in r6 to r9 or on the stack.",
  },
  {
    message: /^R(?<reg>\d+) is invalid$/,
    rule: "There are eleven registers, r0 to r10; the instruction names another one.",
    repair:
      "Mend what has produced the instruction: bits 0 to 3 of its second byte are the target, 4 to 7 the source.",
  },
  {
    message: /^frame pointer is read only$/,
    rule: "r10 always points to the top of the function's stack, and nothing may change it.",
    repair: "Copy it first: `r2 = r10; r2 += -8`.",
  },
  {
    message:
      /^R(?<reg>\d+) pointer arithmetic on (?<type>\w+)_or_null_? prohibited, null-check it first$/,
    rule: "What may be NULL is not computed with: NULL and a bit would no longer look like NULL.",
    repair: "Compare it with 0 first, and add afterwards.",
  },
  {
    message: /^R(?<reg>\d+) pointer arithmetic on (?<type>\w+) prohibited$/,
    rule: "Nothing is added to a pointer of kind $type: it stands for the object as a whole.",
    repair: "Use it as it is, with a constant offset in the access where it may be followed.",
  },
  {
    message: /^R(?<reg>\d+) pointer arithmetic with (?<op>\S+) operator prohibited$/,
    rule: "A pointer may be added to and subtracted from. After `$op` nobody could say what it points to.",
    repair: KEEP_POINTER,
  },
  {
    message: /^R(?<reg>\d+) bitwise operator (?<op>\S+) on pointer prohibited$/,
    rule: "Bits of a pointer may not be picked out or set: it would point anywhere.",
    repair: KEEP_POINTER,
  },
  {
    message: /^R(?<reg>\d+) pointer arithmetic prohibited$/,
    rule: "Without CAP_PERFMON a pointer is added to and subtracted from, and nothing else is computed with it: the result would show what address it was.",
    repair: KEEP_POINTER,
    blame: "target",
  },
  {
    message: /^R(?<reg>\d+) 32-bit pointer arithmetic prohibited$/,
    rule: "An address has 64 bits. A 32-bit operation would cut it in half.",
    repair: "Use the 64-bit form: `r1 += 4` in place of `w1 += 4`.",
  },
  {
    message: /^R(?<reg>\d+) pointer (?<op>\+=|-=) pointer prohibited$/,
    rule: "Two addresses give no address. One may be subtracted from another only with CAP_PERFMON, and gives a number of which nothing is known.",
    repair: "Add a number to one of them.",
  },
  {
    message: /^R(?<reg>\d+) subtraction from stack pointer prohibited$/,
    rule: "From a pointer to the stack nothing may be subtracted, neither a constant nor a register: it may only be added to.",
    repair: "Add the negative number: `r1 += -8`, or `r2 = -r2; r1 += r2`.",
  },
  {
    message: /^R(?<reg>\d+) partial copy of pointer$/,
    rule: "Without CAP_PERFMON a pointer is copied as a whole: half of it is a number that says something about the kernel.",
    repair: "Use the 64-bit form: `r2 = r1` in place of `w2 = w1`.",
  },
  {
    message: /^R(?<reg>\d+) sign-extension part of pointer$/,
    rule: "Without CAP_PERFMON a pointer is copied as a whole: what is left after its sign was extended is a number that says something about the kernel.",
    repair: "Use the plain copy: `r2 = r1`.",
  },
  {
    message: /^R(?<reg>\d+) pointer comparison prohibited$/,
    rule: "Without CAP_PERFMON pointers are compared with NULL, or with the end of the packet, and with nothing else: the answer would tell where the kernel keeps things.",
    repair: "Compare numbers, or load the program with the capability.",
  },
  {
    message: /^math between (?<type>\w+) pointer and (?<number>-?\d+) is not allowed$/,
    rule: "An offset may be at most 2^29 - 1 in both directions: beyond that the verifier's own sums could overflow.",
    repair: "Use an offset within the object.",
    blame: "target",
  },
  {
    message:
      /^math between (?<type>\w+) pointer and register with unbounded min value is not allowed$/,
    rule: "What is added to a pointer must be bounded from below as well: this number may be negative, without an end.",
    repair:
      "Mask it (`r2 &= 7`) or compare it without a sign before it is added. A value of 64 bits from memory can be anything.",
    blame: "operand",
  },
  {
    message: /^value (?<number>-?\d+) makes (?<type>\w+) pointer be out of bounds$/,
    rule: "After $number was added, the pointer would be so far from its object that offsets can no longer be counted.",
    repair: "Bound the number before it is added.",
    blame: "target",
  },
  {
    message: /^(?<type>\w+) pointer offset (?<number>-?\d+) is not allowed$/,
    rule: "The sum of what was added to the pointer has become too large to be counted.",
    repair: "Start from the first pointer again in place of adding to the same one.",
    blame: "target",
  },
  {
    message: /^R(?<reg>\d+) type=(?<type>\S+) expected=(?<expected>.+)$/,
    rule: "For this argument the function takes $expected, and nothing of kind $type.",
    repair:
      "Look at the order of the arguments and at their kinds. A key or value is passed by address (`r2 = r10; r2 += -4`), a map as `map[name]`, and what may be NULL is compared with 0 first.",
  },
  {
    message: /^BPF_ATOMIC stores into R(?<reg>\d+) (?<type>\w+) is not allowed$/,
    rule: "Atomic operations work on the stack and on values of maps: memory of kind $type is not shared in that way.",
    repair: "Count in a map's value, or use a plain store where only this program writes.",
  },
  {
    message: /^cannot return stack pointer to the caller$/,
    rule: "When a function returns, its stack is gone, and an address in it would point to nothing.",
    repair: "Let the caller pass the address of a buffer of its own.",
    blame: 0,
  },
  {
    message: /^cannot spill pointers to stack into stack frame of the caller$/,
    rule: "The address of a function's stack must not outlive the function.",
    repair: "Store the data itself into the caller's buffer.",
    blame: "operand",
  },
  {
    message: /^addr_space_cast insn can only be used in a program that has an associated arena$/,
    rule: "Addresses of an arena are converted only where the program has one.",
    repair: "Refer to a map of type arena in the program.",
  },
];
