import { boot, i386 } from "#kernel-sim";
import type { RegisterRun, RegisterStep } from "#notebook/document";

const STEPS_MAX = 40;

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly source: string;
}

const PLOTS: readonly Plot[] = [
  {
    id: "five",
    title: "five instructions",
    hint: "Watch eip, esp and the flags. Between two steps nothing else of the program exists.",
    source: `
      mov  $7, %eax
      push %eax
      sub  $7, %eax
      add  $-1, %eax
      pop  %ebx
      mov  $1, %eax
      int  $0x80`,
  },
  {
    id: "call",
    title: "a call and a loop",
    hint: "A call is a push of eip and a jump; the stack remembers the way back.",
    source: `
      mov  $3, %ecx
      xor  %eax, %eax
    again:
      call more
      dec  %ecx
      jnz  again
      mov  %eax, %ebx
      mov  $1, %eax
      int  $0x80
    more:
      add  %ecx, %eax
      ret`,
  },
  {
    id: "rude",
    title: "a privileged instruction",
    hint: "The level is 3 in every row. What does the processor say to cli?",
    source: `
      std
      pushf
      pop  %eax
      cli
      mov  $1, %eax
      int  $0x80`,
  },
];

/** Programs of machine code, executed instruction by instruction on the simulator's processor. */
export function registerRuns(): readonly RegisterRun[] {
  return PLOTS.map(({ source, ...texts }) => {
    const machine = boot({ seed: 1, cpus: 1 });
    const program = i386.assemble(source);
    const process = machine.spawn(program);
    const [top] = machine.kernel.pageWalk(process.pid, program.entry);
    const start = process.registers();
    if (start === undefined) throw new Error("the program has no registers");
    const steps: RegisterStep[] = [
      { ...plain(start), at: start.eip, says: "Before the first instruction." },
    ];
    while (steps.length < STEPS_MAX) {
      const step = machine.stepInstruction(process);
      if (step === undefined) break;
      const { address, text, trap, registers } = step;
      if (trap?.kind === "exception" && registers !== undefined) continue;
      const before = steps.at(-1) as RegisterStep;
      if (registers === undefined) {
        const how =
          trap?.kind === "exception"
            ? `The processor refuses it: ${trap.name}. The kernel sends signal ${process.signaled ?? 0}, and the program is over.`
            : "It is a system call, exit, and the program is over.";
        steps.push({ ...before, at: address, says: `${text}. ${how}`, isEnd: true });
        break;
      }
      steps.push({ ...plain(registers), at: registers.eip, says: `${text} has been executed.` });
    }
    return {
      ...texts,
      cr3: (top?.table ?? 0) * 4096,
      program: program.instructions.map(({ address, text, label }) => ({
        address,
        text,
        ...(label === undefined ? {} : { label }),
      })),
      steps,
    };
  });
}

function plain(registers: Omit<RegisterStep, "at" | "says">) {
  const { eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags, cs, cpl } = registers;
  return { eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags, cs, cpl };
}
