/** What the compiler of a real Linux has made of programs; recorded by `tests/conformance/record-jited.py`. */

/** The bytes of an instruction of x86-64 in hexadecimal, and its text. */
export type RecordedInsn = readonly [bytes: string, text: string];

export interface JitRecording {
  /** The program, in hexadecimal. */
  readonly insns: string;
  /** What stands in front of the first instruction's code. */
  readonly entry: readonly RecordedInsn[];
  /** By the first slot of each instruction. */
  readonly rows: Readonly<Record<number, readonly RecordedInsn[]>>;
}

/** A processor of AMD; kernel.kptr_restrict and net.core.bpf_jit_harden were 0. */
export const RECORDED_ON = "Linux 6.18.44";

export const JIT_RECORDINGS: Readonly<Record<"ether-type" | "counter" | "dice", JitRecording>> = {
  "ether-type": {
    insns:
      "61120000000000006113040000000000b700000000000000bf24000000000000070400000e0000002d3402000000000069200c0000000000dc000000100000009500000000000000",
    entry: [
      ["0f 1f 44 00 00", "nopl 0x0(%rax,%rax,1)"],
      ["0f 1f 00", "nopl (%rax)"],
      ["55", "push %rbp"],
      ["48 89 e5", "mov %rsp,%rbp"],
    ],
    rows: {
      "0": [["48 8b 77 00", "mov 0x0(%rdi),%rsi"]],
      "1": [["48 8b 57 08", "mov 0x8(%rdi),%rdx"]],
      "2": [["31 c0", "xor %eax,%eax"]],
      "3": [["48 89 f1", "mov %rsi,%rcx"]],
      "4": [["48 83 c1 0e", "add $0xe,%rcx"]],
      "5": [
        ["48 39 d1", "cmp %rdx,%rcx"],
        ["77 0c", "ja +46"],
      ],
      "6": [["48 0f b7 46 0c", "movzwq 0xc(%rsi),%rax"]],
      "7": [
        ["66 c1 c8 08", "ror $0x8,%ax"],
        ["0f b7 c0", "movzwl %ax,%eax"],
      ],
      "8": [
        ["c9", "leave"],
        ["e9 67 20 0e c1", "jmp srso_alias_return_thunk"],
      ],
    },
  },
  counter: {
    insns: "18210000000000000000000000000000b700000001000000db010000000000009500000000000000",
    entry: [
      ["0f 1f 44 00 00", "nopl 0x0(%rax,%rax,1)"],
      ["0f 1f 00", "nopl (%rax)"],
      ["55", "push %rbp"],
      ["48 89 e5", "mov %rsp,%rbp"],
    ],
    rows: {
      "0": [["48 bf 38 af a4 6d 83 88 ff ff", "movabs $0xffff88836da4af38,%rdi"]],
      "2": [["b8 01 00 00 00", "mov $0x1,%eax"]],
      "3": [["f0 48 01 47 00", "lock add %rax,0x0(%rdi)"]],
      "4": [
        ["c9", "leave"],
        ["e9 15 20 0e c1", "jmp srso_alias_return_thunk"],
      ],
    },
  },
  dice: {
    insns:
      "8500000007000000bf0600000000000094060000060000000406000001000000bf600000000000009500000000000000",
    entry: [
      ["0f 1f 44 00 00", "nopl 0x0(%rax,%rax,1)"],
      ["0f 1f 00", "nopl (%rax)"],
      ["55", "push %rbp"],
      ["48 89 e5", "mov %rsp,%rbp"],
      ["53", "push %rbx"],
    ],
    rows: {
      "0": [["e8 a6 c4 4a c1", "call bpf_user_rnd_u32"]],
      "1": [["48 89 c3", "mov %rax,%rbx"]],
      "2": [
        ["50", "push %rax"],
        ["52", "push %rdx"],
        ["49 c7 c3 06 00 00 00", "mov $0x6,%r11"],
        ["89 d8", "mov %ebx,%eax"],
        ["31 d2", "xor %edx,%edx"],
        ["41 f7 f3", "div %r11d"],
        ["89 d3", "mov %edx,%ebx"],
        ["5a", "pop %rdx"],
        ["58", "pop %rax"],
      ],
      "3": [["83 c3 01", "add $0x1,%ebx"]],
      "4": [["48 89 d8", "mov %rbx,%rax"]],
      "5": [
        ["5b", "pop %rbx"],
        ["c9", "leave"],
        ["e9 3d e5 0d c1", "jmp srso_alias_return_thunk"],
      ],
    },
  },
};
