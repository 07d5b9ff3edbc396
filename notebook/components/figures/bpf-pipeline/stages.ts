import type { PipelineInsn, PipelineRun } from "#notebook/document";

/** One stage on the way of a program from its text to an event. */
export interface Stage {
  readonly title: string;
  /** Whose code is at work: its colour and its word. */
  readonly mode: "user" | "kernel" | "BPF";
  readonly head: string;
  /** What the stage makes of one instruction. */
  readonly shows: (insn: PipelineInsn, run: PipelineRun) => readonly string[];
  readonly says: (run: PipelineRun) => string;
}

export const STAGES: readonly Stage[] = [
  {
    title: "source",
    mode: "user",
    head: "what its author says of it",
    shows: (insn) => [insn.comment],
    says: ({ insns }) =>
      `${insns.length} instructions, as text. An assembler reads it here; a compiler can make the same from C or Rust. The kernel knows nothing of it yet.`,
  },
  {
    title: "bytecode",
    mode: "user",
    head: "opcode, registers, offset, constant",
    shows: (insn) => insn.bytes,
    says: ({ insns, slots }) =>
      `${insns.length} instructions in ${slots} slots of 8 bytes, ${slots * 8} bytes: the address of 64 bits takes two. bpf(BPF_PROG_LOAD) hands them over to the kernel.`,
  },
  {
    title: "verifier",
    mode: "kernel",
    head: "what is known after it",
    shows: (insn) => [insn.known === "" ? "–" : insn.known],
    says: ({ insnsProcessed }) =>
      `Each path is followed with what is known instead of with values. ${insnsProcessed} instructions processed, nothing unsafe: accepted. A program that is refused ends here, with a log.`,
  },
  {
    title: "translation",
    mode: "kernel",
    head: "as the kernel keeps it",
    shows: (insn) => [insn.xlated],
    says: () =>
      "The accepted bytecode gets the numbers of the maps that it holds. Where there is a compiler, each line becomes one instruction of the processor or a few; where there is none, the interpreter runs these.",
  },
  {
    title: "event",
    mode: "BPF",
    head: "how often it has run",
    shows: (_, { runs }) => [`${runs} times`],
    says: ({ tracepoint, eventsReplayed, runs, counter }) =>
      `Attached to ${tracepoint}. Of ${eventsReplayed} recorded events ${runs} were of this kind: ${runs} runs, and the counter in the map says ${counter}.`,
  },
];
