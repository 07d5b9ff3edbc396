/** The programs of the figure `jit-side-by-side`, and what there is to say of each of their lines. */

export interface ComparedProgram {
  readonly id: "ether-type" | "counter" | "dice";
  readonly title: string;
  readonly hint: string;
  readonly type: string;
  readonly text: string;
  /** By slot; of the entry under "entry". */
  readonly says: Readonly<Record<string, string>>;
}

const THUNK =
  "The stack is given back. Instead of a plain ret there is a jump into a thunk, a detour that this machine's processor needs against speculative attacks (SRSO); other processors get their ret. Ours writes down how many instructions ran, and the answer.";

export const COMPARED_PROGRAMS: readonly ComparedProgram[] = [
  {
    id: "ether-type",
    title: "Type of a frame",
    hint: "Loads, a comparison and a change of byte order: nearly line by line.",
    type: "xdp",
    text: `
      r2 = *(u32 *)(r1 +0)
      r3 = *(u32 *)(r1 +4)
      r0 = 0
      r4 = r2
      r4 += 14
      if r4 > r3 goto out
      r0 = *(u16 *)(r2 +12)
      r0 = be16 r0
    out:
      exit`,
    says: {
      entry:
        "Five bytes that do nothing, where a tracer may later put a call; three more, where a program with tail calls would clear its counter; then a stack frame. Ours makes the context's address a number of 64 bits, arms the counter of may_goto and opens a block.",
      0: "r1 is rdi and r2 is rsi. Written as a load of 32 bits, compiled as one of 64: the verifier has rewritten it for the kernel's own structure, which begins with a pointer. An address of our machine has 32 bits, so that the load stays as it is written.",
      1: "In the kernel's structure data_end stands at 8 and not at 4: the offset, too, is rewritten.",
      2: "Zero is two bytes of xor. Writing the lower half of a register clears the upper one, on x86-64 as in BPF.",
      3: "A register is a register: one move. Ours are variables of 64 bits.",
      4: "One addition. A stack machine spells it out: two operands, the sum, and where it goes. The browser's own compiler makes one addition of it again.",
      5: "BPF has no flags: its comparison and jump become two instructions. WebAssembly cannot jump to a place; it leaves the block that the entry has opened (br 1), and takes the two instructions left out off the count.",
      6: "No check stands in front of the load, in neither of them: the verifier has proved that bytes 12 and 13 are there.",
      7: "x86-64 rotates 16 bits by 8 and clears the rest. WebAssembly has no instruction for it and shifts twice. Here the block ends to which the jump goes.",
      8: THUNK,
    },
  },
  {
    id: "counter",
    title: "Counter in a map",
    hint: "The program of the first cell: an address, and an addition that nobody may interrupt.",
    type: "tracepoint",
    text: `
      r1 = map_value[hits]+0
      r0 = 1
      lock *(u64 *)(r1 +0) += r0
      exit`,
    says: {
      entry:
        "The same entry as in every program. No register is saved: r0 and r1 are rax and rdi, which C code does not expect back.",
      0: "The descriptor has become the address of the map's value. One of the kernel's needs all 64 bits, and the longest instruction of this figure; ours is the place in the machine's memory.",
      2: "A constant that fits into 32 bits is written into the lower half: five bytes instead of ten.",
      3: "One instruction, and a prefix that keeps the other processors out until it is done. Ours loads, adds and stores: nothing else runs between them on a machine that does one thing at a time.",
      4: THUNK,
    },
  },
  {
    id: "dice",
    title: "Dice",
    hint: "A call, and a remainder: what x86-64 does in a way of its own costs nine lines.",
    type: "xdp",
    text: `
      call bpf_get_prandom_u32
      r6 = r0
      w6 %= 6
      w6 += 1
      r0 = r6
      exit`,
    says: {
      entry:
        "The program uses r6, which is rbx, and C code wants that one back as it was: it is pushed here and popped at the end. Registers that a program does not use are not saved.",
      0: "Arguments and result lie where C has them, so that a helper is one call; the name is that of the function behind this helper's number. Ours first adds up the instructions so far, since a helper may ask for the time.",
      1: "The result of a call is in rax.",
      2: "div takes its dividend from edx:eax and leaves the remainder in edx, so the compiler saves both, puts the divisor into r11 and puts everything back. A compiler for C would multiply by a constant instead; this one takes each instruction by itself. A divisor in a register would be asked for zero first; 6 need not.",
      3: "Arithmetic on w6 uses the lower half: ebx instead of rbx.",
      4: "The answer has to be in rax.",
      5: `rbx is given back to the caller. ${THUNK}`,
    },
  },
];
