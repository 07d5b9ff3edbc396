import { exercise, type Plain, type TestContext } from "exercise";
import { boot } from "kernel-sim";

export default exercise("the-pipeline", ({ test }) => {
  test("joins", async (context) => {
    const line = [
      ["/bin/echo", "b", "a"],
      ["/bin/tr", "a-z", "A-Z"],
    ];
    const { output, status } = await play(context, line);
    context.check(output === "B A\n", `echo b a | tr a-z A-Z printed ${JSON.stringify(output)}.`);
    context.check(status === 0, `Its status is ${String(status)}.`);
  });

  test("redirections", async (context) => {
    const line = [["/bin/sort"], ["/bin/head", "-1"]];
    const { file } = await play(context, line, { input: "/etc/passwd", output: "/tmp/out" });
    context.check(
      file?.startsWith("ala:") === true,
      `sort < /etc/passwd | head -1 > /tmp/out left ${JSON.stringify(file)}.`,
    );
  });

  test("closes", async (context) => {
    const { output } = await play(context, [["/bin/echo"], ["/bin/ls", "/proc/self/fd"]]);
    context.check(
      output === "0\n1\n2\n",
      `echo | ls /proc/self/fd shows the descriptors ${output.trim().replaceAll("\n", ", ")}.`,
    );
  });

  test("flows", async (context) => {
    const { output } = await play(context, [
      ["/bin/seq", "1", "30000"],
      ["/bin/wc", "-l"],
    ]);
    context.check(output.trim() === "30000", `seq 1 30000 | wc -l printed ${output.trim()}.`);
  });

  test("early-end", async (context) => {
    const { status } = await play(context, [["/bin/yes"], ["/bin/head", "-1"]]);
    context.check(status === 0, "yes | head -1 never ends, or its status is wrong.");
  });

  test("status", async (context) => {
    const first = await play(context, [["/bin/true"], ["/bin/false"]]);
    context.check(first.status === 1, `true | false has the status ${String(first.status)}.`);
    const lost = await play(context, [["/bin/true"], ["/bin/nowhere"]]);
    context.check(lost.status === 127, `true | nowhere has the status ${String(lost.status)}.`);
  });
});

/** Runs a line on a fresh machine; status is undefined when it never ends. */
function play(
  { player, random }: TestContext,
  line: readonly (readonly string[])[],
  redirections: Readonly<Record<string, string>> = {},
) {
  const seed = random.int(1, 1 << 30);
  const stages = line.map(([path = "", ...args]) => ({
    path,
    argv: [path.slice(path.lastIndexOf("/") + 1), ...args],
  }));
  return player.inMachine("run", (program) => {
    const machine = boot({ seed });
    const shell = machine.spawn(function* shell(sys) {
      return yield* program(sys, stages, redirections);
    });
    machine.runUntilIdle();
    const status = shell.exited === undefined ? undefined : (shell.returned as Plain);
    return { status, output: shell.output, file: machine.readFile("/tmp/out") };
  });
}
