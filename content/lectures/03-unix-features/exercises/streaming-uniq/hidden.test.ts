import { exercise, type Plain, type TestContext } from "exercise";

const EINTR = 4;
const EPIPE = 32;
const EIO = 5;
const STEPS_MAX = 20_000;

export default exercise("streaming-uniq", ({ test }) => {
  test("any-splitting", async (context) => {
    const { random } = context;
    for (const most of [1, 3, 17, 200, 65_536]) {
      // Each call is a question to another process, so small pieces get small inputs.
      const input = linesOf(context, most < 10 ? 6 : 25);
      await filter(context, input, { pieces: () => random.int(1, most) });
    }
    // Pieces that end where a line does, and one byte before and behind it.
    const input = linesOf(context, 10);
    for (const shift of [-1, 0, 1]) {
      const ends = newlines(input).map((at) => at + 1 + shift);
      await filter(context, input, {
        pieces: (at) => (ends.find((end) => end > at) ?? input.length) - at || 1,
      });
    }
  });

  test("last-line", async (context) => {
    const { random } = context;
    const words = ["", "a", "a\n", "\n", "\n\n", "a\na", "a\nb", "a\n\n", "b\na\n\na", "\n\na"];
    for (const text of words) {
      const input = Uint8Array.from(text, (char) => char.charCodeAt(0));
      await filter(context, input, { pieces: () => random.int(1, 3) });
    }
  });

  test("every-answer", async (context) => {
    const { random, check } = context;
    for (let round = 0; round < 2; round++) {
      const input = linesOf(context, 15);
      await filter(context, input, {
        pieces: () => random.int(1, 90),
        taken: (n) => random.int(1, n),
        interrupts: () => random.int(0, 3) === 0,
      });
    }
    const input = linesOf(context, 25);
    for (const errno of [EPIPE, EIO]) {
      const broken = await filter(context, input, { pieces: () => 50, failWrite: errno });
      check(broken === 1, "After a write that failed the status is 1.");
    }
    const unread = await filter(context, input, { pieces: () => 50, failRead: EIO });
    check(unread === 1, "After a read that failed the status is 1.");
  });

  test("streams", async (context) => {
    const { random } = context;
    await filter(context, linesOf(context, 300), { pieces: () => random.int(500, 2000) });
    const different = Array.from({ length: 600 }, (_, i) => `line ${i}\n`).join("");
    const input = Uint8Array.from(different, (char) => char.charCodeAt(0));
    await filter(context, input, { pieces: () => 700 });
  });
});

interface Kernel {
  /** How many bytes the next read delivers at most, by how many have been. */
  readonly pieces: (at: number) => number;
  /** How many of `n` bytes a write takes. */
  readonly taken?: (n: number) => number;
  readonly interrupts?: () => boolean;
  readonly failWrite?: number;
  readonly failRead?: number;
}

/** Is the kernel of one run; compares the output unless calls fail. Answers the exit status. */
async function filter(
  { player, check }: TestContext,
  input: Uint8Array,
  { pieces, taken = (n) => n, interrupts = () => false, failWrite, failRead }: Kernel,
): Promise<Plain> {
  const output: number[] = [];
  const expected = new Uniq();
  let at = 0;
  let hasFailed = false;
  const run = await player.start("uniq");
  let step = run.first;
  for (let steps = 0; step.kind === "asks"; steps++) {
    check(steps < STEPS_MAX, "The program makes calls for ever.");
    check(!hasFailed, "After a call that failed the program makes no more calls.");
    const { call, args } = step;
    const [fd, given] = args;
    check(call === "read" || call === "write", `It calls ${call}(); read and write are enough.`);
    if (call === "read") {
      const count = typeof given === "number" && Number.isInteger(given) ? given : 0;
      check(fd === 0, "It reads another descriptor than 0.");
      check(count >= 1 && count <= 65_536, "A read asks for 1 to 65536 bytes.");
      check(
        failWrite !== undefined || expected.finished.length - output.length <= 4096,
        "More than 4096 bytes of finished output are held back when the program reads on.",
      );
      if (interrupts()) step = await run.resume(-EINTR);
      else if (failRead !== undefined && at > 0) {
        hasFailed = true;
        step = await run.resume(-failRead);
      } else {
        const piece = input.slice(at, at + Math.min(count, pieces(at)));
        at += piece.length;
        expected.take(piece);
        step = await run.resume(piece);
      }
    } else {
      const bytes = bytesOf(given);
      check(fd === 1, "It writes another descriptor than 1.");
      check(bytes !== undefined, "What it writes are neither bytes nor a text.");
      if (interrupts()) step = await run.resume(-EINTR);
      else if (failWrite !== undefined) {
        hasFailed = true;
        step = await run.resume(-failWrite);
      } else {
        const length = bytes?.length ?? 0;
        const done = length === 0 ? 0 : taken(length);
        output.push(...(bytes ?? []).slice(0, done));
        step = await run.resume(done);
      }
    }
  }
  if (!hasFailed) {
    const wanted = expected.all();
    const isSame = wanted.length === output.length && wanted.every((byte, i) => byte === output[i]);
    check(isSame, "The output is not that of uniq -c for this input.");
    check(step.value === 0, "When all went well the status is 0.");
  }
  return step.value;
}

/** What uniq -c prints, as far as it is sure. */
class Uniq {
  readonly finished: number[] = [];
  #rest: number[] = [];
  #line: number[] | undefined;
  #count = 0;

  take(piece: Uint8Array): void {
    for (const byte of piece) {
      if (byte !== 10) this.#rest.push(byte);
      else this.#end();
    }
  }

  all(): readonly number[] {
    if (this.#rest.length > 0) this.#end();
    this.#print();
    this.#line = undefined;
    return this.finished;
  }

  #end(): void {
    const line = this.#rest;
    this.#rest = [];
    const same = this.#line;
    if (same?.length === line.length && same.every((byte, i) => byte === line[i])) {
      this.#count++;
      return;
    }
    this.#print();
    this.#line = line;
    this.#count = 1;
  }

  #print(): void {
    if (this.#line === undefined) return;
    const count = Array.from(String(this.#count).padStart(7), (digit) => digit.charCodeAt(0));
    this.finished.push(...count, 32, ...this.#line, 10);
  }
}

function linesOf({ random }: TestContext, groups: number): Uint8Array {
  const bytes: number[] = [];
  const words = [[], [97], [97, 98], [0xc4, 0x85], [0xc4], [0x85], [0xff, 0], [32, 97]];
  for (let i = 0; i < groups; i++) {
    const line = random.int(0, 3) === 0 ? [...random.bytes(random.int(1, 60))] : random.pick(words);
    const repeats = random.pick([1, 1, 2, 5, 12]);
    for (let n = 0; n < repeats; n++) {
      bytes.push(...line.map((byte) => (byte === 10 ? 11 : byte)), 10);
    }
  }
  return Uint8Array.from(bytes);
}

function newlines(bytes: Uint8Array): number[] {
  return [...bytes.keys()].filter((at) => bytes[at] === 10);
}

function bytesOf(given: Plain | undefined): Uint8Array | undefined {
  if (typeof given === "string") return new TextEncoder().encode(given);
  return given instanceof Uint8Array ? given : undefined;
}
