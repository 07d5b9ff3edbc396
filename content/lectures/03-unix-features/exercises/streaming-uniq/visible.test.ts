import { exercise, type TestContext } from "exercise";

export default exercise("streaming-uniq", ({ test }) => {
  test("any-splitting", async (context) => {
    const wanted = "      2 to be\n      1 or not\n      2 to be\n";
    await expect(context, ["to be\nto be\nor not\nto be\nto be\n"], wanted);
    await expect(context, ["to be\nto", " be\nor not", "\nto b", "e\nto be\n"], wanted);
  });

  test("last-line", async (context) => {
    await expect(context, ["a\nb"], "      1 a\n      1 b\n");
    await expect(context, [], "");
  });

  test("every-answer", async (context) => {
    await expect(context, ["a\nb\n"], "      1 a\n      1 b\n", 3);
  });

  test("streams", async (context) => {
    const pieces = Array.from({ length: 200 }, (_, i) => `${"x".repeat(90)} ${i}\n`);
    const wanted = pieces.map((line) => `      1 ${line}`).join("");
    await expect(context, pieces, wanted);
  });
});

/** Answers each read with the next piece, and takes at most `most` bytes of a write. */
async function expect(
  { player, check }: TestContext,
  pieces: readonly string[],
  wanted: string,
  most = 65_536,
): Promise<void> {
  let output = "";
  let given = 0;
  const run = await player.start("uniq");
  let step = run.first;
  for (let steps = 0; step.kind === "asks"; steps++) {
    check(steps < 2000, "The program makes calls for ever.");
    if (step.call === "read") {
      const behind = pieces.slice(0, given).join("").length - output.length;
      check(behind <= 4096 + 2000, `${behind} bytes are held back when it reads on.`);
      step = await run.resume(new TextEncoder().encode(pieces[given++] ?? ""));
    } else {
      const bytes = step.args[1];
      const text = bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : String(bytes);
      output += text.slice(0, most);
      step = await run.resume(Math.min(most, text.length));
    }
  }
  check(output === wanted, `It printed ${JSON.stringify(output)} for ${JSON.stringify(pieces)}.`);
  check(step.value === 0, `The status is ${String(step.value)}.`);
}
