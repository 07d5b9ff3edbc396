import { boot, i386, type Machine } from "#kernel-sim";
import type { TwinRun, TwinStep } from "#notebook/document";

/** greet() copies so many bytes into an array of eight. */
const victim = (bytes: number) => i386.asm`
_start:
  call main
  mov %eax, %ebx
leave:
  mov $1, %eax
  int $0x80
secret:
  mov $42, %ebx
  jmp leave
main:
  call greet
  xor %eax, %eax
  ret
greet:
  sub $8, %esp
  mov $input, %esi
  mov %esp, %edi
  mov $${bytes}, %ecx
  rep movsb
  add $8, %esp
  ret
  .data
input: .ascii "AAAABBBB"
  .long secret
`;
const STACK_WORDS = 5;
const SHADOW_WORDS = 3;
const STEPS_MAX = 60;

/** The same program without and with a shadow stack, and with input that fits. */
export function twinRuns(): readonly TwinRun[] {
  return [
    {
      id: "without",
      title: "without a shadow stack",
      hint: "ret believes what lies on the stack.",
      ...twinRun(victim(12), false),
    },
    {
      id: "with",
      title: "with a shadow stack",
      hint: "call notes each return address twice, ret compares.",
      ...twinRun(victim(12), true),
    },
    {
      id: "honest",
      title: "with one, and eight bytes",
      hint: "Where nothing is overwritten, both stacks agree.",
      ...twinRun(victim(8), true),
    },
  ];
}

function twinRun(
  program: ReturnType<typeof victim>,
  shadowStack: boolean,
): Omit<TwinRun, "id" | "title" | "hint"> {
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn(program, { shadowStack });
  const start = process.registers();
  if (start === undefined) throw new Error("the victim has no registers");
  const stack = below(start.esp, STACK_WORDS);
  const shadow = shadowStack ? below(start.ssp, SHADOW_WORDS) : [];
  const steps = stepsOf(machine, process, stack, shadow, program.entry);
  machine.close();
  return {
    program: program.instructions.map(({ address, text, label }) => ({
      address,
      text: text.replace(/\s+/g, " "),
      label: label ?? "",
    })),
    ...{ stack, shadow, steps },
  };
}

function stepsOf(
  machine: Machine,
  process: ReturnType<Machine["spawn"]>,
  stack: readonly number[],
  shadow: readonly number[],
  entry: number,
): readonly TwinStep[] {
  const wordsAt = (addresses: readonly number[]) =>
    addresses.map((address) => {
      const bytes = process.memory(address, 4);
      return bytes === undefined
        ? 0
        : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    });
  const steps: TwinStep[] = [];
  let [words, shadowWords] = [wordsAt(stack), wordsAt(shadow)];
  let sp = (stack[0] ?? 0) + 4;
  let ssp = shadow.length > 0 ? (shadow[0] ?? 0) + 4 : 0;
  while (steps.length < STEPS_MAX) {
    const step = machine.stepInstruction(process);
    if (step === undefined) break;
    const { address, trap, registers } = step;
    // A page is brought in, and the instruction runs again.
    if (trap?.kind === "exception" && trap.name === "#PF" && registers !== undefined) continue;
    const text = step.text.replace(/\s+/g, " ");
    const top = words[stack.indexOf(sp)] ?? 0;
    const noted = shadowWords[shadow.indexOf(ssp)];
    const isReturn = text === "ret";
    const says =
      text.startsWith("call") && address !== entry
        ? "One frame deeper: where greet is to return to."
        : describe(text, top, isReturn ? noted : undefined);
    if (registers !== undefined) {
      [words, shadowWords] = [wordsAt(stack), wordsAt(shadow)];
      sp = registers.esp;
      ssp = registers.ssp;
    }
    const isEqual = isReturn && noted !== undefined ? { isEqual: noted === top } : {};
    steps.push({ address, says, words, shadowWords, sp, ssp, ...isEqual });
  }
  return steps;
}

function below(end: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, place) => end - 4 * (place + 1));
}

function describe(text: string, top: number, noted: number | undefined): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  if (text === "ret" && noted === undefined)
    return `ret goes to ${hex(top)}, which lies on the stack.`;
  if (text === "ret" && noted === top) return `Both stacks say ${hex(top)}: ret goes there.`;
  if (text === "ret") {
    return `The stack says ${hex(top)}, the shadow stack ${hex(noted ?? 0)}: #CP, and the program gets SIGSEGV.`;
  }
  return RULES.find(([pattern]) => pattern.test(text))?.[1] ?? "";
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/^call/, "call pushes the address behind it: where main is to return to."],
  [/^sub/, "Room for char name[8], two words, below the return address."],
  [/^mov \$0x\w+,%esi/, "The source: twelve bytes that came from outside."],
  [/^mov %esp,%edi/, "The destination: the array."],
  [/^mov \$0xc,%ecx/, "Twelve. Nobody has compared it with eight."],
  [/^mov \$0x8,%ecx/, "Eight, as many as there is room for."],
  [/^rep/, "Eight bytes fill the array. More of them go over its end, onto the return address."],
  [/^add/, "The array is given up; esp points at the return address again."],
  [/^mov \$0x2a/, "Code that nobody has called: the program obeys its input."],
  [/^jmp/, "And out."],
  [/^xor/, "main answers 0."],
  [/^mov %eax,%ebx/, "Its answer becomes the status."],
  [/^mov \$0x1,%eax/, "The number of exit."],
  [/^int/, "The program ends with the status that is in ebx."],
];
