import { exercise, type TestContext } from "exercise";
import { boot, i386 } from "kernel-sim";
import {
  CALLS_GREET,
  DATA,
  GREET,
  JUMPS,
  JUMPS_THEN_GREETS,
  SIGNALS,
  withNumbers,
} from "./programs.ts";

type MachineProgram = ReturnType<typeof i386.assemble>;

const SIGSEGV = 11;
const CODE = 42;

export default exercise("return-to-where", ({ test }) => {
  test("overflow", async (context) => {
    const program = assembled(context, CALLS_GREET + GREET, { BUFFER_BYTES: 24 });
    const bytes = await payload(context, program);
    const plain = run(program, false, bytes);
    context.check(
      plain.exited === CODE,
      `secret should have been called with ${CODE}; ${ending(plain)}.`,
    );
    const guarded = run(program, true, bytes);
    context.check(
      guarded.signaled === SIGSEGV,
      `With a shadow stack it should die by SIGSEGV; ${ending(guarded)}.`,
    );
  });

  test("plain", async (context) => {
    await jumpsRight(context, false, 3);
  });

  test("shadow", async (context) => {
    await jumpsRight(context, true, 3);
  });

  test("deep", async (context) => {
    await jumpsRight(context, true, 600);
  });

  test("signals", async (context) => {
    const numbers = { ROUNDS: 2, DEPTH: 3, VALUE: 5 };
    const source = SIGNALS + (await jumps(context)) + DATA;
    const { word, signaled } = run(assembled(context, source, numbers), true);
    context.check(
      signaled === undefined && word("made") === 2,
      `Two handlers are left by longjmp; ${signaled === undefined ? word("made") : 0} arrived.`,
    );
  });

  test("attack", async (context) => {
    const source = JUMPS_THEN_GREETS + GREET + (await jumps(context)) + DATA;
    const program = assembled(context, source, { BUFFER_BYTES: 24, DEPTH: 3 });
    const guarded = run(program, true, await payload(context, program));
    context.check(
      guarded.log.includes("control protection"),
      `It should die of a control-protection exception; ${ending(guarded)}.`,
    );
  });
});

async function jumpsRight(
  context: TestContext,
  shadowStack: boolean,
  depth: number,
): Promise<void> {
  const numbers = { ROUNDS: 2, DEPTH: depth, VALUE: 9 };
  const source = JUMPS + (await jumps(context)) + DATA;
  const result = run(assembled(context, source, numbers), shadowStack);
  context.check(result.signaled === undefined, `${ending(result)} on the way (${result.log}).`);
  context.check(
    result.word("made") === 2,
    `Two rounds should be made, not ${result.word("made")}.`,
  );
  const [value, ebx, esi, edi, ebp, espMoved, sspMoved] = result.words("answers", 7);
  context.check(value === 9, `longjmp(buf, 9): setjmp should answer 9, not ${value}.`);
  context.check(
    ebx === 0x0b0b0b0b && esi === 0x51515151 && edi === 0xd1d1d1d1 && ebp === 0xb9b9b9b9,
    "ebx, esi, edi or ebp is not what it was at setjmp.",
  );
  context.check(espMoved === 0, "esp is not where it was at setjmp.");
  context.check(sspMoved === 0, "The shadow stack is not where it was at setjmp.");
}

async function payload({ player, check }: TestContext, { symbols }: MachineProgram) {
  const victim = { bufferBytes: 24, secret: symbols["secret"] ?? 0, code: CODE };
  const bytes = await player.call("payload", victim);
  check(bytes instanceof Uint8Array && bytes.length <= 512, "payload answers a Uint8Array.");
  return bytes as Uint8Array;
}

async function jumps({ player, check }: TestContext): Promise<string> {
  const source = await player.value("jumps");
  check(typeof source === "string", "`jumps` is a text.");
  return `  .text\n${String(source)}\n`;
}

function assembled(
  { check }: TestContext,
  source: string,
  numbers: Readonly<Record<string, number>>,
): MachineProgram {
  try {
    return i386.assemble(withNumbers(source, numbers), { name: "where" });
  } catch (problem) {
    check(false, `It does not assemble: ${(problem as Error).message}`);
    throw problem;
  }
}

function run(program: MachineProgram, shadowStack: boolean, input?: Uint8Array) {
  const machine = boot({ seed: 1, cpus: 1 });
  if (input !== undefined) machine.writeFile("/input", input);
  const process = machine.spawn(program, { shadowStack });
  machine.runFor(3_000_000);
  const words = (label: string, n: number): readonly number[] => {
    const bytes = process.memory(program.symbols[label] ?? 0, n * 4);
    const view = new DataView((bytes ?? new Uint8Array(n * 4)).slice().buffer);
    return Array.from({ length: n }, (_, i) => view.getUint32(i * 4, true));
  };
  const { exited, signaled } = process;
  const log = machine.kernelLog.at(-1) ?? "";
  return { exited, signaled, words, word: (label: string) => words(label, 1)[0] ?? 0, log };
}

function ending({
  exited,
  signaled,
}: {
  exited: number | undefined;
  signaled: number | undefined;
}) {
  if (signaled !== undefined) return `signal ${signaled} ended it`;
  return exited === undefined ? "it did not end" : `it exited with ${exited}`;
}
