import type { RefusalRule } from "./refusal-rule.ts";

/** What is taken must be given back: references, locks, dynptrs, iterators, sections. */
export const objectRules: readonly RefusalRule[] = [
  {
    message: /^(?<what>.+) would lead to reference leak$/,
    rule: "Each object that was acquired (a socket, a record of a ring buffer, a task) is given back on every way to the end; on this one it is not.",
    repair:
      "Release it on all ways (`bpf_sk_release`, `bpf_ringbuf_submit`, …), also where something went wrong. On the way on which it is NULL there is nothing to release.",
  },
  {
    message: /^(?<what>.+) cannot be used inside (?<section>\S+)-ed region$/,
    rule: "The section that began with $section must end on this way before that.",
    repair: "Leave the section on all ways.",
  },
  {
    message: /^R(?<reg>\d+) must be referenced when passed to release function$/,
    rule: "Only what this program has acquired may be given back, and once.",
    repair:
      "Release what the acquiring function answered, not something that was found through it, and not twice.",
  },
  {
    message:
      /^R(?<reg>\d+) must have zero offset when passed to release func or trusted arg to kfunc$/,
    rule: "An object is passed by the address of its start.",
    repair: "Keep the pointer as it was answered, and compute with a copy.",
  },
  {
    message: /^arg (?<arg>\d+) is an unacquired reference$/,
    rule: "Only what this program has acquired may be given back, and once.",
    repair: "Release each object once, on each way.",
  },
  {
    message: /^function calls are not allowed while holding a lock$/,
    rule: "Whoever holds a spin lock keeps others waiting: between lock and unlock there are no calls of helpers.",
    repair: "Call before or after, and hold the lock only for loads and stores.",
  },
  {
    message: /^(?<what>bpf_spin_unlock) without taking a lock$/,
    rule: "An unlock belongs to a lock that this path has taken.",
    repair: "Take the lock on every way that comes here.",
  },
  {
    message: /^bpf_spin_unlock of different lock$/,
    rule: "The lock that is released is the one that was taken: here it is that of another value.",
    repair: "Keep the pointer of the lookup, and unlock through it.",
  },
  {
    message: /^socket filter progs cannot use bpf_spin_lock yet$/,
    rule: "Socket filters run for anybody, and may not take locks.",
    repair: "Count with atomic operations, or in a per-CPU map.",
  },
  {
    message: /^map '(?<map>[^']*)' has to have BTF in order to use (?<what>\w+)$/,
    rule: "The kernel finds a $what in a value by the value's type, and this map was made without one.",
    repair: "Make the map with BTF of its value.",
  },
  {
    message: /^off (?<off>\d+) doesn't point to 'struct (?<what>\w+)' that is at (?<at>\d+)$/,
    rule: "The $what of the value lies at offset $at, and the argument points to offset $off.",
    repair: "Add $at to the value's address.",
  },
  {
    message: /^timer pointer in R1 map_uid=\d+ doesn't match map pointer in R2 map_uid=\d+$/,
    rule: "A timer belongs to the map whose value holds it.",
    repair: "Pass the map that the value was looked up in.",
  },
  {
    message: /^Dynptr has to be an uninitialized dynptr$/,
    rule: "A new dynptr goes to a place on the stack that holds none: the old one would be lost.",
    repair: "Use another place of 16 bytes, or release the old one first.",
  },
  {
    message: /^Expected an initialized dynptr as arg #(?<arg>\d+)$/,
    rule: "The argument must be the address of a dynptr that was made on this path and is still valid.",
    repair: "Make it first, point to its first byte, and do not write over its 16 bytes.",
  },
  {
    message: /^cannot overwrite referenced dynptr$/,
    rule: "The dynptr stands for a record that must be submitted or discarded; written over, it would be lost.",
    repair: "Submit or discard it first.",
  },
  {
    message: /^potential write to dynptr at off=(?<off>-?\d+) disallowed$/,
    rule: "The place on the stack that is written is computed, and might be where a dynptr lies.",
    repair: "Keep buffers with computed offsets apart from dynptrs, or bound the offset further.",
  },
  {
    message: /^Unsupported reg type (?<type>\S+) for bpf_dynptr_from_mem data$/,
    rule: "A dynptr of plain memory points into the value of a map.",
    repair: "Pass a map's value.",
  },
  {
    message:
      /^expected (?:an )?(?<state>initialized|uninitialized) (?<name>iter_\w+) as arg #(?<arg>\d+)$/,
    rule: "An iterator is made by its `new`, moved by `next` and ended by `destroy`, in this order and each time on the same place of the stack; here the iterator should be $state.",
    repair: "Call them in order on every way, and destroy before a new one.",
  },
  {
    message: /^nested rcu read lock \(kernel function (?<name>\w+)\)$/,
    rule: "Sections of RCU are not entered twice by a program.",
    repair: "Unlock before locking again.",
  },
  {
    message:
      /^unmatched (?:attempt to enable preemption|rcu read unlock) \(kernel function (?<name>\w+)\)$/,
    rule: "Only what this path has begun can be ended.",
    repair: "Pair them on every way.",
  },
  {
    message: /^bpf_obj_new\/bpf_percpu_obj_new requires prog BTF$/,
    rule: "What is allocated has a type of the program, which the kernel must know.",
    repair: "Load the program with its BTF.",
  },
  {
    message: /^arena's user address must be set via map_extra or mmap\(\)$/,
    rule: "Program and process see an arena at the same address, which must be fixed before a program that uses it is loaded.",
    repair: "Map the arena first, or give the address when it is made.",
  },
];
