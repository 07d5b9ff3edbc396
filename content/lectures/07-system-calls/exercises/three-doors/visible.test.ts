import { exercise, type TestContext } from "exercise";
import { boot, i386, SYSCALL_DEFINE, x86 } from "kernel-sim";
import { ANSWER_BYTES, programOf, readAnswers } from "./bench.ts";

const PROBE = 470;
const ANSWER = 4711;
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
