import type { RefusalRule } from "./refusal-rule.ts";

/** The form of the program, before any path is followed. */
export const layoutRules: readonly RefusalRule[] = [
  {
    message: /^(?<insn>BPF_\w+(?:\/JMP32)?) uses reserved fields$/,
    rule: "Fields that an instruction of kind $insn has no use for must be 0: they may get a meaning later.",
    repair: "Clear them; an assembler does.",
  },
  {
    message: /^unknown opcode (?<code>[0-9a-f]+)$/,
    rule: "The instruction set (RFC 9669) has no instruction with opcode 0x$code.",
    repair:
      "Mend what has produced it: a wrong offset into the program, perhaps, or a newer compiler (`-mcpu`).",
  },
  {
    message: /^BPF_ATOMIC uses invalid atomic opcode (?<code>[0-9a-f]+)$/,
    rule: "An atomic instruction names its operation in `imm`: add, or, and, xor (each with or without fetch), exchange, compare-exchange, load-acquire, store-release; 0x$code is none of them.",
    repair: "Use one of these.",
  },
  {
    message: /^invalid atomic operand size$/,
    rule: "Atomic operations work on 4 or 8 bytes.",
    repair: "Use a wider word.",
  },
  {
    message: /^BPF_LD_\[ABS\|IND\] instructions not allowed for this program type$/,
    rule: "The old loads from a packet are there for socket filters and tc only.",
    repair: "Read through `data` and `data_end`.",
  },
  {
    message: /^(?:invalid bpf_ld_imm64 insn|unrecognized bpf_ld_imm64 insn)$/,
    rule: "A 64-bit constant takes two slots; the second holds the upper half, and nothing else. What it stands for is said by the source field.",
    repair: "Let the assembler write both: `r1 = 0x123456789a ll`, `r1 = map[name]`.",
  },
  {
    message: /^jump into the middle of ldimm64 insn (?<insn>\d+)$/,
    rule: "The second half of a 64-bit constant is no instruction.",
    repair: "Jump to its first half, or behind it. Count slots, not lines; labels do.",
  },
  {
    message: /^jump out of range from insn (?<from>\d+) to (?<to>-?\d+)$/,
    rule: "A jump stays inside of its function; from $from it would go to $to.",
    repair: "Use labels.",
  },
  {
    message: /^unreachable insn (?<insn>\d+)$/,
    rule: "No way leads to instruction $insn. A program without dead parts is one whose author knows what it does.",
    repair: "Remove it, or lead a branch there.",
  },
  {
    message: /^last insn is not an exit or jmp$/,
    rule: "A function must not run on into what stands behind it.",
    repair: "End it with `exit` or a jump.",
  },
  {
    message: /^invalid may_goto imm (?<imm>-?\d+)$/,
    rule: "`may_goto` has an offset and nothing else.",
    repair: "Clear the other fields.",
  },
  {
    message: /^fd (?<fd>-?\d+) is not pointing to valid bpf_map$/,
    rule: "A map is named by a descriptor of the process that loads, and $fd is none of a map.",
    repair: "Make the map first, and pass its descriptor.",
  },
  {
    message: /^The total number of maps per program has reached the limit of (?<max>\d+)$/,
    rule: "A program refers to at most $max maps.",
    repair: "Put several tables into one map, or maps into a map.",
  },
  {
    message: /^The total number of btfs per program has reached the limit of (?<max>\d+)$/,
    rule: "A program names functions and variables in at most $max collections of types.",
    repair: "Split the program.",
  },
  {
    message: /^invalid module BTF object FD specified\.$/,
    rule: "The second half of the wide load is a descriptor of types, and here it is none.",
    repair: "Pass the descriptor of the module's BTF, or 0 for the kernel's own.",
  },
  {
    message: /^ldimm64 failed to find the address for kernel symbol '(?<name>\S*)'\.$/,
    rule: "BTF knows $name, but no symbol of the kernel with an address has that name.",
    repair: "Take another one: what every CPU has a copy of often has no symbol.",
  },
  {
    message:
      /^invalid type id (?<id>\d+) in func info$|^func_info BTF section doesn't match subprog layout in BPF program$|^number of funcs in func_info doesn't match number of subprogs$|^nonzero insn_off (?<off>\d+) for the first func info record$|^missing btf func_info$/,
    rule: "func_info says for each function of the program where it begins and of which type it is: one record each, in order, the first at 0.",
    repair: "Let the compiler write it (-g), and change it with the program.",
  },
];
