import { exercise, type TestContext } from "exercise";
import { boot, i386, SYSCALL_DEFINE, x86 } from "kernel-sim";

const PROBE = 470;
const ANSWER = 4711;
const ANSWER_BYTES = 24;
const ARGS = [11, 22, 33, 44, 55, 66];
const REGISTERS = [0x1b1b, 0x5151, 0xd1d1, 0xb9b9];
const NAMES = ["ebx", "esi", "edi", "ebp"];

export default exercise("three-doors", ({ test }) => {
  test("int80-arguments", (context) => argumentsArrive(context, "int80"));
  test("int80-registers", (context) => registersSurvive(context, "int80"));
  test("sysenter-arguments", (context) => argumentsArrive(context, "sysenter"));
  test("sysenter-registers", (context) => registersSurvive(context, "sysenter"));

  test("syscall-arguments", async (context) => {
    const { calls, returned } = run64(context, await text(context, "syscall"));
    context.check(
      String(calls) === String([PROBE, ...ARGS]),
      `The kernel should get ${[PROBE, ...ARGS].join(", ")}; it got ${calls.join("; ") || "no call"}.`,
    );
    context.check(returned === ANSWER, `It should answer ${ANSWER}, not ${returned}.`);
  });

  test("syscall-registers", async (context) => {
    const { before, registers } = run64(context, await text(context, "syscall"));
    const kept = ["rbx", "rbp", "r12", "r13", "r14", "r15"] as const;
    const lost = kept.filter((name) => registers[name] !== before[name]);
    context.check(lost.length === 0, `Lost on the way: ${lost.join(", ")}.`);
    context.check(registers.rsp === before.rsp + 8, "rsp is not where the caller needs it.");
  });
});

type Door32 = "int80" | "sysenter";

async function argumentsArrive(context: TestContext, door: Door32): Promise<void> {
  const { seen, answer } = await run(context, door);
  context.check(
    String(seen) === String(ARGS),
    `The kernel should get ${ARGS.join(", ")}; it got ${seen?.join(", ") ?? "no call"}.`,
  );
  context.check(answer?.eax === ANSWER, `It should answer ${ANSWER}, not ${answer?.eax}.`);
}

async function registersSurvive(context: TestContext, door: Door32): Promise<void> {
  const { answer } = await run(context, door);
  const lost = NAMES.filter((_, i) => answer?.registers[i] !== REGISTERS[i]);
  context.check(lost.length === 0, `Lost on the way: ${lost.join(", ")}.`);
  context.check(answer?.espMoved === 0, "esp is not where it was.");
}

async function text({ player, check }: TestContext, name: string): Promise<string> {
  const source = await player.value(name);
  check(typeof source === "string", `\`${name}\` is a text.`);
  return String(source);
}

function run64({ check }: TestContext, source: string) {
  try {
    return x86.run64(source, {
      args: [PROBE, ...ARGS],
      registers: { rbx: 1, rbp: 2, r12: 3, r13: 4, r14: 5, r15: 6 },
      kernel: () => ANSWER,
    });
  } catch (problem) {
    check(false, (problem as Error).message);
    throw problem;
  }
}

async function run(context: TestContext, door: Door32) {
  const source = await text(context, door);
  const machine = boot({ seed: 1, cpus: 1 });
  let seen: readonly number[] | undefined;
  machine.addSystemCall(
    SYSCALL_DEFINE("probe", function* (k, a, b, c, d, e, f) {
      seen = [a, b, c, d, e, f] as number[];
      yield* k.ndelay(1);
      return ANSWER;
    }),
  );
  const cases = [{ nr: PROBE, args: ARGS, registers: REGISTERS }];
  const program = assembled(context, programOf(source, `syscall6_${door}`, cases));
  const process = machine.spawn(program);
  machine.runFor(1_000_000);
  const place = program.symbols["answers"] ?? 0;
  const [answer] = readAnswers(process.memory(place, ANSWER_BYTES), 1);
  return { seen, answer: process.signaled === undefined ? answer : undefined };
}

function assembled({ check }: TestContext, source: string) {
  try {
    return i386.assemble(source, { name: "doors" });
  } catch (problem) {
    check(false, `It does not assemble: ${(problem as Error).message}`);
    throw problem;
  }
}

interface Case {
  readonly nr: number;
  readonly args: readonly number[];
  /** What ebx, esi, edi and ebp hold at the call. */
  readonly registers: readonly number[];
}

interface Answer {
  readonly eax: number | undefined;
  /** ebx, esi, edi, ebp behind the call. */
  readonly registers: readonly number[];
  /** By how much esp has moved. */
  readonly espMoved: number | undefined;
}

/** A program that calls the function once for each case, writes down what comes back, and waits. */
function programOf(source: string, label: string, cases: readonly Case[]): string {
  const words = cases.flatMap(({ nr, args, registers }) => [nr, ...args, ...registers]);
  return `${HARNESS.replace("STUB", label)}
${source}
  .data
  .balign 4
vsyscall: .long 0
outer_esp: .long 0
inner_esp: .long 0
from: .long cases
to: .long answers
cases: .long ${words.map((word) => word >>> 0).join(", ")}
cases_end: .long 0
answers: .space ${cases.length * ANSWER_BYTES}
`;
}

function readAnswers(memory: Uint8Array | undefined, count: number): Answer[] {
  const view = memory === undefined ? undefined : new DataView(memory.slice().buffer);
  return Array.from({ length: count }, (_, i) => {
    const word = (at: number) => view?.getUint32(i * ANSWER_BYTES + at * 4, true);
    const registers = [1, 2, 3, 4].map((at) => word(at) ?? 0);
    return { eax: word(0), registers, espMoved: word(5) };
  });
}

/** Finds `__kernel_vsyscall` in the auxiliary vector, then calls the function for case after case. */
const HARNESS = `
  .globl _start
_start:
  mov (%esp), %eax            # over the arguments and the environment
  lea 8(%esp,%eax,4), %esi
1: mov (%esi), %eax
  add $4, %esi
  test %eax, %eax
  jnz 1b
2: cmpl $32, (%esi)           # AT_SYSINFO
  je 3f
  add $8, %esi
  jmp 2b
3: mov 4(%esi), %eax
  mov %eax, vsyscall
next:
  mov from, %eax
  cmp $cases_end, %eax
  je done
  mov %esp, outer_esp
  pushl 24(%eax)
  pushl 20(%eax)
  pushl 16(%eax)
  pushl 12(%eax)
  pushl 8(%eax)
  pushl 4(%eax)
  pushl (%eax)
  mov 28(%eax), %ebx
  mov 32(%eax), %esi
  mov 36(%eax), %edi
  mov 40(%eax), %ebp
  mov %esp, inner_esp
  call STUB
  mov to, %ecx
  mov %eax, (%ecx)
  mov %ebx, 4(%ecx)
  mov %esi, 8(%ecx)
  mov %edi, 12(%ecx)
  mov %ebp, 16(%ecx)
  mov %esp, %edx
  sub inner_esp, %edx
  mov %edx, 20(%ecx)
  mov outer_esp, %esp
  addl $24, to
  addl $44, from
  jmp next
done:
  mov $29, %eax               # pause: its memory stays to be looked at
  int $0x80
  jmp done
`;
