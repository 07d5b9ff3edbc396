import type { RefusalRule } from "./refusal-rule.ts";

/** What a program is loaded for: a function, a tracepoint, a place in a table of functions. */
export const targetRules: readonly RefusalRule[] = [
  {
    message: /^attach to (?:unsupported|invalid) member (?<member>.+) of struct (?<name>\S+)$/,
    rule: "A program takes the place of a function in struct $name, and `$member` is no function there, or one that programs may not provide.",
    repair: "Name a member that is a function and that the kernel takes from programs.",
  },
  {
    message: /^struct ops programs must have a GPL compatible license$/,
    rule: "Functions for the kernel's tables are for programs under a licence that is compatible with the GPL.",
    repair: 'Say so when it is true: license "GPL".',
  },
  {
    message:
      /^(?:attach_btf_id (?<id>\d+) (?:is not a (?:typedef|function|supported struct)|points to wrong type name \S+)|Tracing programs must provide btf_id)$/,
    rule: "What such a program is loaded for is named by its number in the kernel's BTF: a function, the typedef `btf_trace_…` of a tracepoint, or a table of functions, as the type of program wants it. This number is none.",
    repair: "Let the loader find it by name (`attachTo`, with the fitting `expectedAttachType`).",
  },
  {
    message: /^The function (?<name>\S+) with variable args is unsupported\.$/,
    rule: "How many arguments $name has is known by its caller only, so nobody can say what the program would find.",
    repair: "Take a function that it calls, or one that calls it.",
  },
  {
    message:
      /^Only fentry\/fexit\/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable$/,
    rule: "A program may sleep only where its caller may.",
    repair: "Leave out BPF_F_SLEEPABLE, or use one of these types.",
  },
  {
    message: /^func (?<name>\w+)#\d+ (?:not supported for program type \d+|supported only for .+)$/,
    rule: "$name asks where the program is attached, and only some kinds of programs have an answer.",
    repair: "Use it in fentry, fexit, fmod_ret or kprobe programs.",
  },
  {
    message: /^kern ctx type id (?<id>\d+) is not a struct$/,
    rule: "The function of the kernel was to get the context as a structure, and type $id is none.",
    repair: "Use the type that belongs to this program type.",
  },
  {
    message:
      /^exception cb only supports single integer argument$|^(?:invalid )?exception callback .*$|^multiple exception callback tags for main subprog$|^insn (?<insn>\d+) cannot call exception cb directly$/,
    rule: "What runs after `bpf_throw` is one function of the program: global, with one argument of 64 bits, named once by a tag on the main function, never called by the program itself.",
    repair: "Declare it with `__exception_cb(name)` as `int name(u64 cookie)`.",
  },
  {
    message:
      /^bpf_throw kfunc \(insn (?<insn>\d+)\) cannot be called from callback subprog (?<sub>\d+)$/,
    rule: "`bpf_throw` leaves all frames of the program. Below a callback lie frames of the kernel, which cannot be left like that.",
    repair:
      "Answer 1 to end the loop, keep the reason in the callback's context, and throw afterwards.",
  },
];
