import { PT_REGS_32, PT_REGS_64, SYSCALL_REGISTERS_32, SYSCALL_REGISTERS_64 } from "#kernel-sim";
import type { FrameLayout, FrameSlot } from "#notebook/document";
import { entryRuns } from "./entry-runs.ts";

/** `struct pt_regs` of both ABIs, with what each slot is for in a system call. */
export function frameLayouts(): readonly FrameLayout[] {
  return [
    {
      id: "i386",
      title: "i386, int 0x80",
      hint: "17 words of 4 bytes: five by the processor, twelve by the entry code. The call is write(1, 0x804a000, 3).",
      slots: slotsOf(PT_REGS_32, SYSCALL_REGISTERS_32, SAYS_32).map((slot) => ({
        ...slot,
        ...valueAt(PT_REGS_32.sizeBytes - slot.offset),
      })),
    },
    {
      id: "x86-64",
      title: "x86-64, syscall",
      hint: "21 words of 8 bytes, all of them by the entry code: the instruction pushes nothing.",
      slots: slotsOf(PT_REGS_64, SYSCALL_REGISTERS_64, SAYS_64, "entry code"),
    },
  ];
}

/** The word that lies so many bytes below the end of frames on the thread's stack when C code begins. */
function valueAt(below: number): { value?: number } {
  const [run] = entryRuns();
  const { end = 0, padding = 0 } = run?.stacks.at(-1) ?? {};
  const called = run?.events.findIndex(({ text }) => text.startsWith("call")) ?? 0;
  const writes = run?.events.slice(0, called).flatMap((event) => event.writes);
  const word = writes?.findLast(({ address }) => address === end - 4 * padding - below);
  return word === undefined ? {} : { value: word.value };
}

/** In the order of pushing; `by` where the door differs from an interrupt. */
function slotsOf(
  { fields }: typeof PT_REGS_32,
  { number, args, answer }: typeof SYSCALL_REGISTERS_32,
  says: Readonly<Record<string, string>>,
  by?: FrameSlot["by"],
): readonly FrameSlot[] {
  const roleOf = (name: string): string => {
    if (name === number) return "number";
    if (name === answer) return "answer";
    return args.includes(name) ? `argument ${args.indexOf(name) + 1}` : "";
  };
  return fields.toReversed().map(({ name, offsetBytes, pushedBy }) => ({
    name,
    offset: offsetBytes,
    by: by ?? pushedBy,
    role: roleOf(name),
    says: says[name] ?? SAYS_BOTH[name] ?? "",
  }));
}

const SAYS_BOTH: Readonly<Record<string, string>> = {
  orig_ax:
    "The number of the call. It stays when ax has become the answer; −1 in a frame that is no system call.",
  ax: "First −38, ENOSYS; then the answer. fork() writes a 0 here in the child's copy.",
};

const SAYS_32: Readonly<Record<string, string>> = {
  ss: "The program's stack segment. Only an entry from user mode pushes it.",
  sp: "The program's stack pointer. A signal handler is started with another value here.",
  flags: "With the interrupt flag as the program had it.",
  cs: "Its two lowest bits are the level that was interrupted: how the kernel knows where an entry came from.",
  ip: "The instruction behind the trap. A restarted call has two bytes less here.",
  gs: "Only its place: the kernel leaves the register alone, so that it keeps the program's value.",
  fs: "In the kernel fs leads to the data of this processor.",
  es: "The program may have loaded anything.",
  ds: "Likewise.",
  bp: "The sixth argument, which only a few calls have. With sysenter it is read from the user's stack.",
  di: "The fifth argument.",
  si: "The fourth.",
  dx: "The third: for write(), the number of bytes.",
  cx: "The second: for write(), an address that may be anything.",
  bx: "The first, at the lowest address: where the pointer to the frame points.",
};

const SAYS_64: Readonly<Record<string, string>> = {
  ss: "syscall has saved nothing: the entry code pushes the value that every program has.",
  sp: "The program's stack pointer, which the entry code had to put aside before it had a stack at all.",
  flags: "From r11, where syscall has put it.",
  cs: "The value that every 64-bit program has.",
  ip: "From rcx, where syscall has put it.",
  di: "The first argument.",
  si: "The second.",
  dx: "The third.",
  cx: "What cx held is gone: syscall has put the return address there. The program gets it back as it is.",
  r8: "The fifth argument.",
  r9: "The sixth.",
  r10: "The fourth. In a function call it would be in rcx, which syscall destroys.",
  r11: "What r11 held is gone, too: the flags are in it.",
  bx: "Nobody needs it for the call. The entry code saves and clears it, so that no value of the program's is left for speculation.",
  bp: "Likewise.",
  r12: "Likewise.",
  r13: "Likewise.",
  r14: "Likewise.",
  r15: "Likewise; the lowest address, where the pointer to the frame points.",
};
