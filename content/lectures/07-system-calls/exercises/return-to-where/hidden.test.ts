import { exercise, type TestContext } from "exercise";
import { boot, i386 } from "kernel-sim";
import {
  CALLS_GREET,
  DATA,
  GREET,
  JUMPS,
  JUMPS_THEN_GREETS,
  NESTED,
  SIGNALS,
  withNumbers,
} from "./programs.ts";

type MachineProgram = ReturnType<typeof i386.assemble>;

const SIGSEGV = 11;
const NR_ARCH_PRCTL = 384;
const PAYLOAD_MAX = 512;
const TEXT_MAX = 20_000;
const KEPT = [0x0b0b0b0b, 0x51515151, 0xd1d1d1d1, 0xb9b9b9b9];

export default exercise("return-to-where", ({ test }) => {
  test("overflow", async (context) => {
    const { random, check } = context;
    for (let i = 0; i < 6; i++) {
      const victim = someVictim(context, CALLS_GREET + GREET);
      const bytes = await payload(context, victim);
      const plain = run(context, victim.program, false, bytes);
      check(
        plain.exited === victim.code,
        "greet must return to secret, and secret must find its argument: count what lies between.",
      );
      const guarded = run(context, victim.program, true, bytes);
      check(
        guarded.signaled === SIGSEGV && isControlProtection(guarded.log),
        "With a shadow stack the same payload must lead to a control-protection exception.",
      );
      // What fits into the buffer harms nobody.
      const short = run(context, victim.program, true, random.bytes(victim.bufferBytes));
      check(short.exited === 7, "The program itself is broken.");
    }
  });

  test("plain", async (context) => {
    const { random } = context;
    for (const depth of [1, 2, random.int(3, 40), 300]) {
      await jumpsRight(context, { shadowStack: false, depth, rounds: random.int(1, 4) });
    }
    await jumpsRight(context, { shadowStack: false, depth: 2, rounds: 1, value: 0 });
    await nestedRight(context, false);
  });

  test("shadow", async (context) => {
    const { random } = context;
    for (const depth of [1, 2, 3, random.int(4, 60)]) {
      await jumpsRight(context, { shadowStack: true, depth, rounds: random.int(1, 4) });
    }
    await jumpsRight(context, { shadowStack: true, depth: 2, rounds: 1, value: 0 });
  });

  test("deep", async (context) => {
    const { random } = context;
    for (const depth of [251, 252, 253, 254, 255, 256, 257, 511, random.int(600, 3000)]) {
      await jumpsRight(context, { shadowStack: true, depth, rounds: 2 });
    }
    await nestedRight(context, true);
  });

  test("signals", async (context) => {
    const { random, check } = context;
    for (const depth of [1, random.int(2, 9), random.int(250, 700)]) {
      const numbers = { ROUNDS: random.int(2, 6), DEPTH: depth, VALUE: random.int(1, 1000) };
      const source = SIGNALS + (await jumps(context)) + DATA;
      const result = run(context, assembled(context, source, numbers), true);
      check(
        result.signaled === undefined && result.word("made") === numbers.ROUNDS,
        "A longjmp out of a signal handler did not arrive with its value and a straight shadow stack.",
      );
      onlyOnce(context, result);
    }
  });

  test("attack", async (context) => {
    const { random, check } = context;
    const text = await jumps(context);
    for (let i = 0; i < 4; i++) {
      const depth = random.pick([1, 3, random.int(4, 50), 400]);
      const victim = someVictim(context, JUMPS_THEN_GREETS + GREET + text + DATA, { DEPTH: depth });
      const guarded = run(context, victim.program, true, attackOn(victim));
      check(
        guarded.signaled === SIGSEGV && isControlProtection(guarded.log),
        "After a longjmp the attack must still die of a control-protection exception.",
      );
      onlyOnce(context, guarded);
      const live = run(context, victim.program, true, random.bytes(4));
      check(live.exited === 7, "After a longjmp the program must live when nobody attacks it.");
    }
  });
});

interface Run {
  readonly exited: number | undefined;
  readonly signaled: number | undefined;
  readonly log: readonly string[];
  /** Numbers of the system calls that it has made. */
  readonly calls: readonly number[];
  words(label: string, n: number): readonly number[];
  word(label: string): number;
}

interface SomeVictim {
  readonly program: MachineProgram;
  readonly bufferBytes: number;
  readonly secret: number;
  readonly code: number;
}

/** The same program with another buffer at other places. */
function someVictim(
  context: TestContext,
  source: string,
  numbers: Readonly<Record<string, number>> = {},
): SomeVictim {
  const { random } = context;
  const bufferBytes = 4 * random.int(1, 60);
  const code = random.int(8, 250);
  const before = "  nop\n".repeat(random.int(0, 300));
  const program = assembled(context, `${source}\n  .text\n${before}`, {
    ...numbers,
    BUFFER_BYTES: bufferBytes,
  });
  const moved = assembled(context, `  .globl _start\n${before}${source}`, {
    ...numbers,
    BUFFER_BYTES: bufferBytes,
  });
  const chosen = random.int(0, 1) === 0 ? program : moved;
  return { program: chosen, bufferBytes, secret: chosen.symbols["secret"] ?? 0, code };
}

async function payload({ player, check }: TestContext, victim: SomeVictim): Promise<Uint8Array> {
  const { bufferBytes, secret, code } = victim;
  const bytes = await player.call("payload", { bufferBytes, secret, code });
  check(
    bytes instanceof Uint8Array && bytes.length <= PAYLOAD_MAX,
    "payload must answer a Uint8Array of at most 512 bytes.",
  );
  return bytes as Uint8Array;
}

/** An attack of the test's own, so that this test is about the jumps. */
function attackOn(victim: SomeVictim): Uint8Array {
  const bytes = new Uint8Array(victim.bufferBytes + 16);
  new DataView(bytes.buffer).setUint32(victim.bufferBytes + 4, victim.secret, true);
  return bytes;
}

interface Jump {
  readonly shadowStack: boolean;
  readonly depth: number;
  readonly rounds: number;
  readonly value?: number;
}

async function jumpsRight(context: TestContext, { shadowStack, depth, rounds, value }: Jump) {
  const { random, check } = context;
  const given = value ?? random.pick([1, 2, random.int(3, 0x7fffffff)]);
  const numbers = { ROUNDS: rounds, DEPTH: depth, VALUE: given };
  const source = JUMPS + (await jumps(context)) + DATA;
  const result = run(context, assembled(context, source, numbers), shadowStack);
  check(result.signaled === undefined, "A signal has ended a program that only jumps.");
  check(result.word("made") === rounds, "Not every longjmp has come back to its setjmp.");
  for (let i = 0; i < rounds; i++) {
    const [answer, ...rest] = result.words("answers", 7 * rounds).slice(7 * i, 7 * i + 7);
    check(
      answer === (given === 0 ? 1 : given),
      "setjmp must answer the value of longjmp, and 1 when that is 0.",
    );
    check(
      KEPT.every((word, at) => rest[at] === word),
      "ebx, esi, edi or ebp is not what it was at setjmp.",
    );
    check(rest[4] === 0, "esp is not what it was at setjmp.");
    check(rest[5] === 0, "The pointer of the shadow stack is not what it was at setjmp.");
  }
  check(result.word("fence") === 0x600df00d, "A jmp_buf has 32 bytes; more was written.");
  onlyOnce(context, result);
}

async function nestedRight(context: TestContext, shadowStack: boolean): Promise<void> {
  const times = context.random.int(2, 9);
  const source = NESTED + (await jumps(context)) + DATA;
  const result = run(context, assembled(context, source, { TIMES: times }), shadowStack);
  context.check(
    result.signaled === undefined && result.word("made") === 1000 + (times * (times + 1)) / 2,
    "A longjmp inside of another's reach does not work.",
  );
}

async function jumps({ player, check }: TestContext): Promise<string> {
  const source = await player.value("jumps");
  check(typeof source === "string" && source.length < TEXT_MAX, "`jumps` must be a text.");
  return `  .text\n${String(source)}\n`;
}

function assembled(
  { check }: TestContext,
  source: string,
  numbers: Readonly<Record<string, number>>,
): MachineProgram {
  try {
    return i386.assemble(withNumbers(source, numbers), { name: "where" });
  } catch {
    check(false, "It does not assemble. Try it in a cell to see which line is wrong.");
    throw new Error("unreachable");
  }
}

function run(
  { random }: TestContext,
  program: MachineProgram,
  shadowStack: boolean,
  input?: Uint8Array,
): Run {
  const machine = boot({ seed: random.int(1, 1 << 30), cpus: 1 });
  if (input !== undefined) machine.writeFile("/input", input);
  const process = machine.spawn(program, { shadowStack });
  machine.runFor(3_000_000);
  const words = (label: string, n: number): readonly number[] => {
    const bytes = process.memory(program.symbols[label] ?? 0, n * 4);
    const view = new DataView((bytes ?? new Uint8Array(n * 4)).slice().buffer);
    return Array.from({ length: n }, (_, i) => view.getUint32(i * 4, true));
  };
  const { exited, signaled, pid } = process;
  const entered = machine.trace.events({ name: "raw_syscalls:sys_enter", pid });
  return {
    ...{ exited, signaled, words, log: machine.kernelLog },
    word: (symbol) => words(symbol, 1)[0] ?? 0,
    calls: entered.map(({ fields }) => Number(fields["id"])),
  };
}

function isControlProtection(log: readonly string[]): boolean {
  return log.some((line) => line.includes("control protection") && line.includes("near ret"));
}

/** Whoever switches the shadow stack off has not solved anything. */
function onlyOnce({ check }: TestContext, { calls }: Run): void {
  check(
    !calls.includes(NR_ARCH_PRCTL),
    "arch_prctl was called: setjmp and longjmp need no system call, and the feature stays on.",
  );
}
