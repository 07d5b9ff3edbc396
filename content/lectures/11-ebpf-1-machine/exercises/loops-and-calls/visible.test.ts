import { exercise, type TestContext } from "exercise";
import { boot } from "kernel-sim";

export default exercise("loops-and-calls", ({ test }) => {
  test("accepted", async ({ player, check }) => {
    const program = await player.program("countOptions");
    const report = boot({ seed: 1 }).bpf.verify({ type: "xdp", program });
    check(report.ok, `countOptions is refused: ${report.error}`);
    check(
      report.insnsProcessed < 10_000,
      `It costs ${report.insnsProcessed} processed instructions.`,
    );
    check(program.insns.length <= 64, `It has ${program.insns.length} slots; 64 are allowed.`);
    const answer = boot({ seed: 1 })
      .bpf.mustLoad({ type: "xdp", program })
      .run({ dataIn: frame([]) }).retval;
    check(answer === 0, `An empty list has no options; the answer is ${answer}.`);
  });

  test("valid-lists", async (context) => {
    await expect(context, [2, 4, 5, 180], 1, "one option of four bytes");
    await expect(
      context,
      [1, 1, 3, 3, 7, 0, 99, 99],
      1,
      "padding, an option, the end, more padding",
    );
  });

  test("invalid-lists", async (context) => {
    await expect(context, [2, 4, 5, 180], 1, "one option of four bytes");
    await expect(context, [2, 0, 0], 0xffffffff, "a length of 0");
    await expect(context, [3, 9, 7], 0xffffffff, "an option that reaches over the end");
  });
});

async function expect(
  { player, check }: TestContext,
  list: readonly number[],
  wanted: number,
  what: string,
): Promise<void> {
  const program = await player.program("countOptions");
  const answer = boot({ seed: 1 })
    .bpf.mustLoad({ type: "xdp", program })
    .run({ dataIn: frame(list) }).retval;
  check(answer === wanted, `A list with ${what} should answer ${wanted}; the answer is ${answer}.`);
}

function frame(list: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes[14] = list.length;
  bytes.set(list, 15);
  return bytes;
}
