import { exercise, type TestContext } from "exercise";
import { boot, i386, SYSCALL_DEFINE, x86 } from "kernel-sim";
import { ANSWER_BYTES, programOf, readAnswers } from "./bench.ts";

const CASES = 24;
const ENOSYS = 38;
/** The numbers under which a call is added that notes what it gets; 475 stays free. */
const PROBES = [470, 471, 472, 473];
const FREE = 475;
const TEXT_MAX = 10_000;

/** What the kernel has got: the number, then the arguments. */
type Call = readonly number[];

export default exercise("three-doors", ({ test }) => {
  test("int80-arguments", (context) => argumentsArrive(context, "int80"));
  test("int80-registers", (context) => registersSurvive(context, "int80"));
  test("sysenter-arguments", (context) => argumentsArrive(context, "sysenter"));
  test("sysenter-registers", (context) => registersSurvive(context, "sysenter"));

  test("syscall-arguments", async (context) => {
    const { random, check } = context;
    const source = await text(context, "syscall");
    for (let i = 0; i < 40; i++) {
      const args = Array.from({ length: 7 }, () => word64(context));
      const answer = random.pick([0, -ENOSYS, -22, random.int(1, 1 << 30), word64(context)]);
      const { calls, returned } = run64(context, source, args, () => answer);
      check(calls.length === 1, "syscall must be executed exactly once.");
      check(
        args.every((word, at) => calls[0]?.[at] === word),
        "The kernel got another number or other arguments than the function. Which register is the fourth?",
      );
      check(returned === answer, "The function must answer what the kernel answers, as it is.");
    }
  });

  test("syscall-registers", async (context) => {
    const source = await text(context, "syscall");
    for (let i = 0; i < 20; i++) {
      const args = Array.from({ length: 7 }, () => word64(context));
      const { before, registers, calls } = run64(context, source, args, () => 0);
      const kept = ["rbx", "rbp", "r12", "r13", "r14", "r15"] as const;
      context.check(
        String(calls) === String([args]),
        "Number and six arguments have to reach the kernel first.",
      );
      context.check(
        kept.every((name) => registers[name] === before[name]) && registers.rsp === before.rsp + 8,
        "A register that belongs to the caller has changed: rbx, rbp, rsp, or r12 to r15.",
      );
    }
  });
});

type Door32 = "int80" | "sysenter";

async function argumentsArrive(context: TestContext, door: Door32): Promise<void> {
  const { check } = context;
  const { cases, calls, answers, results } = await run(context, door);
  const made = cases.filter(({ nr }) => nr !== FREE).map(({ nr, args }) => [nr, ...args]);
  check(
    calls.length === made.length,
    "The kernel has not got one call for each call of the function.",
  );
  made.forEach((wanted, i) => {
    const got = calls[i] ?? [];
    check(
      wanted.every((word, at) => got[at] === word),
      "The kernel got another number or other arguments than the function. Count all six.",
    );
  });
  cases.forEach(({ nr }, i) => {
    const wanted = nr === FREE ? -ENOSYS : results[i];
    check(
      answers[i]?.eax === (wanted ?? 0) >>> 0,
      "The function must answer what the kernel answers, errors too, as they are.",
    );
  });
  await throughTheDoor(context, door);
}

async function registersSurvive(context: TestContext, door: Door32): Promise<void> {
  const { cases, answers, calls } = await run(context, door);
  const made = cases.filter(({ nr }) => nr !== FREE).map(({ nr, args }) => [nr, ...args]);
  // A function that loads nothing has nothing to give back.
  context.check(
    String(calls) === String(made),
    "Number and six arguments have to reach the kernel first.",
  );
  cases.forEach(({ registers }, i) => {
    context.check(
      registers.every((word, at) => answers[i]?.registers[at] === word),
      "ebx, esi, edi or ebp is not what it was before the call.",
    );
    context.check(answers[i]?.espMoved === 0, "esp is not where it was: count push and pop.");
  });
}

async function text({ player, check }: TestContext, name: string): Promise<string> {
  const source = await player.value(name);
  check(
    typeof source === "string" && source.length < TEXT_MAX,
    "Each of the three exports must be a text.",
  );
  return String(source);
}

/** A number that a register of 64 bits and a JavaScript number can both hold. */
function word64({ random }: TestContext): number {
  return random.pick([
    random.int(0, 255),
    -random.int(1, 4095),
    random.int(0, 2 ** 31),
    random.int(0, 2 ** 31) * 65_536 + random.int(0, 65_535),
  ]);
}

function run64(
  { random, check }: TestContext,
  source: string,
  args: readonly number[],
  kernel: () => number,
) {
  const names = ["rax", "rbx", "rbp", "r10", "r11", "r12", "r13", "r14", "r15"] as const;
  const registers = Object.fromEntries(names.map((name) => [name, random.int(0, 2 ** 31)]));
  try {
    return x86.run64(source, { args, registers, kernel });
  } catch {
    check(false, "The x86-64 function cannot be run: try it with x86.run64 in a cell.");
    throw new Error("unreachable");
  }
}

/** Calls the function with random numbers, arguments and registers. */
async function run(context: TestContext, door: Door32) {
  const { random } = context;
  const source = await text(context, door);
  const word = () =>
    random.pick([random.int(0, 0xffffffff), random.int(0, 0xffffffff), 0, 0xffffffff]);
  const cases = Array.from({ length: CASES }, () => ({
    nr: random.int(0, 9) === 0 ? FREE : random.pick(PROBES),
    args: Array.from({ length: 6 }, word),
    registers: Array.from({ length: 4 }, word),
  }));
  const results = cases.map(() => random.pick([0, -22, -14, random.int(1, 2 ** 31 - 1)]));
  const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
  const calls: Call[] = [];
  const made = results.filter((_, i) => cases[i]?.nr !== FREE);
  for (const nr of PROBES) {
    machine.addSystemCall(
      SYSCALL_DEFINE(`probe_${nr}`, function* (k, a, b, c, d, e, f) {
        calls.push([nr, a, b, c, d, e, f] as number[]);
        yield* k.ndelay(1);
        return made[calls.length - 1] ?? 0;
      }),
      { number64: null, number32: nr },
    );
  }
  const program = assembled(context, programOf(source, `syscall6_${door}`, cases));
  const process = machine.spawn(program);
  machine.runFor(2_000_000);
  context.check(process.signaled === undefined, "A signal has ended the program.");
  const place = program.symbols["answers"] ?? 0;
  const answers = readAnswers(process.memory(place, CASES * ANSWER_BYTES), CASES);
  return { cases, calls, answers, results };
}

/** Step by step, so that it is seen by which door the function enters. */
async function throughTheDoor(context: TestContext, door: Door32): Promise<void> {
  const source = await text(context, door);
  const cases = [{ nr: FREE, args: [1, 2, 3, 4, 5, 6], registers: [1, 2, 3, 4] }];
  const machine = boot({ seed: 1, cpus: 1 });
  const program = assembled(context, programOf(source, `syscall6_${door}`, cases));
  const process = machine.spawn(program);
  for (let i = 0; i < 2000; i++) {
    const trap = machine.stepInstruction(process)?.trap;
    if (trap?.kind !== "syscall") continue;
    context.check(
      trap.number === FREE && trap.door === door,
      "The call enters the kernel by another door than the one that was asked for.",
    );
    return;
  }
  context.check(false, "No call has reached the kernel.");
}

function assembled({ check }: TestContext, source: string) {
  try {
    return i386.assemble(source, { name: "doors" });
  } catch {
    check(false, "It does not assemble. Try it in a cell to see which line is wrong.");
    throw new Error("unreachable");
  }
}
