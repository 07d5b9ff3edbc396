import type { RefusalRule } from "./refusal-rule.ts";

const BY_COMPILER =
  "Let the compiler write instruction and record together (`bpf_core_read`, `__builtin_preserve_access_index`), and change neither by hand.";

/** Offsets that are adapted to the running kernel when a program is loaded (CO-RE), and the tables that come with it. */
export const relocationRules: readonly RefusalRule[] = [
  {
    message:
      /^(?:prog '.*': )?relo #(?<relo>\d+): (?:unexpected insn #\d+ \(.*\) value: .*|insn #\d+ \(LDX\/ST\/STX\) (?:unexpected mem size|value too big): .*|insn #\d+ \(LDIMM64\) has unexpected form|trying to relocate unrecognized insn .*)$/,
    rule: "Relocation $relo replaces a number in an instruction, and that instruction must be of a kind that has one, with the number and width that the record was made for.",
    repair: BY_COMPILER,
  },
  {
    message:
      /^(?:prog '.*': )?relo #(?<relo>\d+): parsing \[\d+\] (?<type>.*) \+ (?<path>.*) failed: -\d+$/,
    rule: "Relocation $relo names a field by the way to it, numbers with colons between them (0:1:2), and `$path` leads nowhere in $type.",
    repair: BY_COMPILER,
  },
  {
    message:
      /^(?:(?:prog '.*': )?relo #(?<relo>\d+): (?:no matching targets found|(?:error )?matching candidate .*)|target candidate search failed for \d+)$/,
    rule: "The running kernel has no type with this name that has such a field of a compatible type.",
    repair:
      "Ask first whether it is there (`bpf_core_field_exists`, `bpf_core_type_exists`), and have another way for kernels without it.",
  },
  {
    message:
      /^(?:prog '.*': )?relo #?(?<relo>\d+)(?: at insn #\d+ can't be (?:satisfied for bitfield|applied to array access)|: bad type id \d+)$/,
    rule: "Relocation $relo asks for something that its field or type does not have: bit fields have no address or offset in bytes, elements of arrays no such question, and the type must be one of the program's.",
    repair: "Read bit fields with `BPF_CORE_READ_BITFIELD`, and ask about the field itself.",
  },
  {
    message: /^Invalid core_relo\[(?<relo>\d+)\]\.insn_off:(?<off>\d+) prog->len:(?<len>\d+)$/,
    rule: "The record of a relocation says in bytes where its instruction begins: a multiple of 8 inside of the program. Record $relo says $off, and the program has $len instructions.",
    repair: BY_COMPILER,
  },
  {
    message: /^(?:Invalid|missing) (?:bpf_)?(?<table>line_info|func_info)\b.*$/,
    rule: "The table $table goes with the program: records in rising order of their instructions, each at the start of one, the first at 0, every function with one, and names and lines that its BTF has.",
    repair: "Let the compiler write it (-g), and change it with the program.",
  },
];
