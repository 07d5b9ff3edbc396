import { exercise, type TestContext } from "exercise";
import { boot } from "kernel-sim";

export default exercise("a-new-format", ({ test }) => {
  test("runs", async (context) => {
    await expect(
      context,
      { "/bin/song": "KBK1 /bin/echo -n\nla la la\n" },
      ["/bin/song", "song", "one", "two"],
      "/bin/song song one two",
    );
  });

  test("others", async (context) => {
    await expect(context, {}, ["/bin/echo", "echo", "x"], "x\n");
    await expect(context, { "/bin/s": "#!/bin/echo\n" }, ["/bin/s", "s", "x"], "/bin/s x\n");
    await expect(context, { "/bin/k": "KBK12 /bin/echo\n" }, ["/bin/k", "k"], "ENOEXEC");
  });

  test("header", async (context) => {
    await expect(
      context,
      { "/bin/song": "KBK1 \t /bin/echo\t a  b \t\n" },
      ["/bin/song", "song"],
      "a  b /bin/song song\n",
    );
  });

  test("nesting", async (context) => {
    await expect(
      context,
      { "/bin/a": "KBK1 /bin/echo\n", "/bin/b": "KBK1 /bin/a\n" },
      ["/bin/b", "b"],
      "/bin/a /bin/a /bin/b b\n",
    );
  });
});

/** Executes a program on a machine with the student's handler; `wanted` is what is printed. */
async function expect(
  { player, random, check }: TestContext,
  files: Readonly<Record<string, string>>,
  [path = "", ...argv]: readonly string[],
  wanted: string,
): Promise<void> {
  const seed = random.int(1, 1 << 30);
  const output = await player.withCalls((ask) => {
    const machine = boot({ seed });
    for (const [name, text] of Object.entries(files)) machine.writeFile(name, text, 0o755);
    const caller = machine.spawn(function* caller(sys) {
      if ((yield* sys.execve(path, argv)) === -8) yield* sys.write(1, "ENOEXEC");
    });
    machine.registerBinfmt("kbk1", ({ filename, interp, buf, argv: given }) => {
      const answer: unknown = ask("loadKbk1", { filename, interp, buf, argv: given });
      return answer as ReturnType<Parameters<typeof machine.registerBinfmt>[1]>;
    });
    machine.runUntilIdle();
    return caller.output;
  });
  check(output === wanted, `${argv.join(" ")} printed ${JSON.stringify(output)}.`);
}
