import type { EntryMoment } from "#kernel-sim";

/** What the processor does by itself, and why. */
export function describeProcessor({ kind, fields }: EntryMoment, door: string): string {
  switch (kind) {
    case "interrupt":
      return "The instruction raises interrupt 128. From here on the processor follows tables that the kernel has prepared.";
    case "gate-read":
      return "It reads entry 0x80 of the interrupt descriptor table: where to go on, with which rights, and who may ask.";
    case "privilege-check":
      return "The program runs at level 3, and the gate's DPL is 3: the door is open to programs. With DPL 0 this would end as a general protection fault.";
    case "code-segment":
      return "The code segment named by the gate has level 0. The level changes, so the stack has to change, too.";
    case "tss-read":
      return "It asks the task state segment which stack to take at level 0. Whatever the program has put into esp does not matter.";
    case "stack-switch":
      return door === "int80"
        ? "esp is the kernel's. The program's value is kept inside the processor for a moment."
        : "esp is the kernel's. The program's value is lost, unless somebody has put it elsewhere.";
    case "push":
      return PUSHED[String(fields["what"])] ?? "";
    case "pop":
      return POPPED[String(fields["what"])] ?? "";
    case "flags":
      return Number(fields["after"]) & 0x200
        ? "The interrupt flag is back."
        : "The interrupt flag is cleared: no device may interrupt the next instructions, which run on a stack that is not yet ready.";
    case "jump":
      return Number(fields["cpl"]) === 0
        ? "Level 0. The next instruction is the kernel's, at the address that the kernel chose."
        : "Level 3. The program goes on behind its trap, with the answer in eax.";
    case "sysenter":
      return "No table is read and nothing is saved, neither the stack pointer nor the place to return to.";
    case "msr-read":
      return "One of three registers that the kernel has set while it booted: segment, stack and first instruction.";
    case "sysexit":
      return "The way back: eip from edx, esp from ecx, level 3. No stack is read.";
    default:
      return "";
  }
}

const PUSHED: Readonly<Record<string, string>> = {
  ss: "The program's stack segment. Of what it is about to lose, the processor saves this first.",
  esp: "The program's stack pointer.",
  eflags: "The flags, with the interrupt flag as the program had it.",
  cs: "The program's code segment. Its lowest two bits, 3, say at which level the program ran.",
  eip: "The address of the instruction behind the trap. Five words, and the processor has done its part.",
};

const POPPED: Readonly<Record<string, string>> = {
  eip: "iret takes back what the processor had pushed: first the place to go on at …",
  cs: "… then the code segment, whose lowest bits say that the level becomes 3 …",
  eflags: "… the flags …",
  esp: "… and, because the level changes, the program's stack pointer …",
  ss: "… and stack segment.",
};

/** What an instruction of program or kernel is for. */
export function describeInstruction(moment: EntryMoment, step: number): string {
  const text = moment.text.replace(/\s+/g, " ");
  const { pushedTo, what } = moment.fields;
  const rules = step === 1 || step === 6 ? USER : step === 5 ? BACK : INTO;
  const rule = rules.find(([pattern]) => pattern.test(text));
  if (rule !== undefined) return rule[1];
  if (pushedTo !== undefined && typeof what === "string") return SAVED[what] ?? "";
  return "";
}

type Rules = readonly (readonly [RegExp, string])[];

const USER: Rules = [
  [/^int/, "The program has put 4, write, into eax, and three arguments into ebx, ecx and edx."],
  [
    /^call/,
    "The C library calls the vDSO, a page of code that the kernel maps into every process.",
  ],
  [/^push %ecx/, "sysexit will use ecx and edx for itself, so the page saves them …"],
  [/^push %edx/, "… both."],
  [/^push %ebp/, "ebp holds the sixth argument, if there is one. It stays on the user's stack …"],
  [/^mov %esp,%ebp/, "… because ebp has to tell the kernel where that stack is. Nobody else will."],
  [/^sysenter/, "And in."],
  [/^pop %ebp/, "The landing pad: the kernel always returns here, from wherever it was entered."],
  [/^pop/, "What sysexit has destroyed comes back."],
  [/^ret/, "Back to the library."],
  [/^jmp/, "And on in the program."],
];

const INTO: Rules = [
  [/^push %eax/, "orig_ax: the number of the call, kept where nobody will overwrite it."],
  [/^push \$0x0/, "The slot of gs. The kernel leaves gs to the program and only keeps the place."],
  [
    /^push \$0xffffffda/,
    "The slot of eax: −38, ENOSYS. The answer is “no such call” until somebody knows better.",
  ],
  [/^push \$0x7b/, "sysenter saved nothing, so the entry code makes up the five words: ss …"],
  [/^pushf/, "… the flags, as they are now …"],
  [/^orl/, "… with the interrupt flag, which sysenter has cleared, set again …"],
  [/^push \$0x73/, "… cs …"],
  [/^push \$0x804/, "… and eip, the landing pad in the vDSO. The frame looks as after int 0x80."],
  [
    /^mov 0x0\(%ebp\)/,
    "The sixth argument is read from the user's stack. In Linux C code does it, and ebp may point anywhere.",
  ],
  [
    /^mov 0x\w+\(%esp\),%esp/,
    "The stack is empty, so there is nothing to copy: esp becomes the thread's at once.",
  ],
  [/^mov \$0x7b/, "Data segments: the program may have loaded anything into them …"],
  [/^mov %edx,%[de]s/, "… and the kernel's C code wants the flat one."],
  [/^mov %esp,%esi/, "From the entry stack to the thread's. The source of the copy is this frame."],
  [/^mov %esi,%edi/, "Where is the thread's stack? Begin with where we are …"],
  [/^and/, "… round down to the beginning of the entry stack …"],
  [/^add/, "… and up to its end. At a known distance behind it lies the task state."],
  [
    /^mov 0x\w+\(%edi\)/,
    "There Linux keeps, in a field that the processor does not use, where frames on the thread's stack end: eight bytes below its end.",
  ],
  [/^mov \$0x44/, "68 bytes, the size of struct pt_regs."],
  [/^sub/, "Room for the frame."],
  [/^mov %edi,%esp/, "And esp is on the thread's stack."],
  [/^shr/, "17 words, to be exact."],
  [/^cld/, "Upwards; the program may have set the direction flag to the contrary."],
  [/^rep movs/, "The frame moves. The old words stay on the entry stack, for nobody."],
  [
    /^mov %esp,%eax/,
    "A C function of the kernel takes its first argument in eax: the address of the frame.",
  ],
  [/^call/, "The C code. In Linux it checks the number and calls the function of write."],
  [/^movl \$0x\w+,0x18\(%eax\)/, "The answer, 3, goes into the frame's slot of eax, over the −38."],
  [/^ret/, "Done. All that has changed in the frame is one word."],
];

const BACK: Rules = [
  [/^mov 0x30/, "The place to go on at, where sysexit wants it."],
  [/^mov 0x3c/, "The program's stack pointer, likewise."],
  [/^mov \$0x44/, "The same way back: 68 bytes …"],
  [/^mov 0xc\w+,%esp/, "esp goes to the entry stack, as the program's page tables know no other."],
  [/^mov 0xc/, "… to the end of the entry stack, which the task state still names …"],
  [/^sub/, "… minus the frame."],
  [/^mov %esp,%esi/, "The source is the thread's stack."],
  [/^mov %edi,%ebx/, "ebx keeps where the frame will be."],
  [/^mov %esp,%eax/, "The thread's stack is left. eax remembers where two words are still needed."],
  [/^shr/, "17 words."],
  [/^cld/, "Upwards."],
  [/^rep movs/, "The frame moves back, with the answer in it."],
  [
    /^mov %ebx,%esp/,
    "And esp follows. The thread's stack is empty again, though its words are still there.",
  ],
  [/^push/, "Flags and answer cross to the entry stack, since the thread's is already given up."],
  [/^andl/, "Interrupts stay off until the very last moment."],
  [/^pop %eax/, "The answer: 3."],
  [/^popf/, "The program's flags, all but one."],
  [/^pop/, "A register of the program comes back, or stays as the function has set it."],
  [/^add \$0x8,%esp$/, "Two words are not needed any more."],
  [
    /^sti/,
    "Interrupts are allowed, but only behind the next instruction: that is how sti is made.",
  ],
  [/^sysexit/, "And out."],
  [/^iret/, "One instruction undoes what int has done."],
];

const SAVED: Readonly<Record<string, string>> = {
  sp: "… the user's stack pointer, which the vDSO has left in ebp …",
  fs: "Segment registers: fs …",
  es: "… es …",
  ds: "… and ds.",
  bp: "Argument 6, if there is one.",
  di: "Argument 5.",
  si: "Argument 4.",
  dx: "Argument 3: the number of bytes.",
  cx: "Argument 2: the address of the text.",
  bx: "Argument 1: the descriptor. The frame is complete: 17 words.",
};
