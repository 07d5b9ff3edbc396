import { exercise, type TestContext } from "exercise";
import { boot, i386 } from "kernel-sim";

export default exercise("switch-to", ({ test }) => {
  test("two-tasks", async (context) => {
    const { trail } = await played(context);
    context.check(
      trail === "1212",
      `Two tasks that note their number should leave 1212; they leave "${trail}".`,
    );
  });

  test("registers", async (context) => {
    const { registers } = await played(context);
    context.check(
      registers === "11223344 55667788 99aabbcc ddeeff00",
      `Behind its second switch the first task has ebx, esi, edi, ebp = ${registers}.`,
    );
  });

  test("flags", async (context) => {
    const { flags } = await played(context);
    context.check((flags & 0x400) !== 0, "The first task has set its direction flag, and lost it.");
    context.check((flags & 1) !== 0, "The first task has set its carry flag, and lost it.");
  });

  test("stack", async (context) => {
    const { moved } = await played(context);
    context.check(
      moved === 0,
      `Behind its second switch the first task's esp has moved by ${moved}.`,
    );
  });

  test("first-run", async (context) => {
    const { entryOffset, entryFlags } = await played(context);
    context.check(
      entryOffset === 0,
      `At its entry the second task's esp is off by ${entryOffset}.`,
    );
    context.check((entryFlags & 0x400) === 0, "At its entry its direction flag is set.");
  });
});

/** Two tasks, four switches. */
async function played({ player, check }: TestContext) {
  const assembly = await player.value("assembly");
  check(typeof assembly === "string", "assembly is a text.");
  try {
    i386.assemble(String(assembly));
  } catch (problem) {
    check(false, `The text cannot be assembled: ${(problem as Error).message}`);
  }
  const program = i386.assemble(`
    .globl _start
_start:
  mov  $two, %eax
  mov  $second, %edx
  mov  $stack_end, %ecx
  call task_init
  call note_one
  mov  $0x11223344, %ebx
  mov  $0x55667788, %esi
  mov  $0x99aabbcc, %edi
  mov  $0xddeeff00, %ebp
  mov  %esp, before
  std
  stc
  mov  $one, %eax
  mov  $two, %edx
  call switch_to
  pushf
  cld
  popl flags_seen
  mov  %ebx, seen
  mov  %esi, seen + 4
  mov  %edi, seen + 8
  mov  %ebp, seen + 12
  mov  %esp, seen + 16
  call note_one
  mov  $one, %eax
  mov  $two, %edx
  call switch_to
end:
  mov  $29, %eax
  int  $0x80
  jmp  end

second:
  mov  %esp, entry_sp
  pushf
  popl entry_flags
  cld
  call note_two
  mov  $1, %ebx
  mov  $2, %esi
  mov  $3, %edi
  mov  $4, %ebp
  clc
  mov  $two, %eax
  mov  $one, %edx
  call switch_to
  call note_two
  jmp  end

note_one:
  mov  at, %eax
  movb $49, (%eax)
  incl at
  ret
note_two:
  mov  at, %eax
  movb $50, (%eax)
  incl at
  ret

${String(assembly)}

  .data
one: .fill 16, 4, 0
two: .fill 16, 4, 0
stack: .fill 256, 4, 0
stack_end: .long 0
before: .long 0
seen: .fill 5, 4, 0
flags_seen: .long 0
entry_sp: .long 0
entry_flags: .long 0
at: .long trail
trail: .fill 4, 4, 0
`);
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn(program);
  machine.runFor(1_000_000);
  check(
    process.signaled === undefined,
    `The program was ended by signal ${process.signaled}: step through it with machine.stepInstruction.`,
  );
  const bytes = (label: string, n: number) =>
    process.memory(program.symbols[label] ?? 0, n) ?? new Uint8Array(n);
  const words = (label: string, n: number) => {
    const view = new DataView(bytes(label, 4 * n).buffer);
    return Array.from({ length: n }, (_, i) => view.getUint32(4 * i, true));
  };
  const [esp = 0] = words("before", 1);
  const seen = words("seen", 5);
  return {
    trail: String.fromCharCode(...bytes("trail", 16).filter((byte) => byte !== 0)),
    registers: seen
      .slice(0, 4)
      .map((word) => word.toString(16).padStart(8, "0"))
      .join(" "),
    moved: (seen[4] ?? 0) - esp,
    flags: words("flags_seen", 1)[0] ?? 0,
    entryOffset: (words("entry_sp", 1)[0] ?? 0) - (program.symbols["stack_end"] ?? 0),
    entryFlags: words("entry_flags", 1)[0] ?? 0,
  };
}
