import { exercise, type TestContext } from "exercise";
import { boot, i386 } from "kernel-sim";

const EINTR = 4;
const EIO = 5;

export default exercise("hello-by-hand", ({ test }) => {
  test("prints", async (context) => {
    const { machine, process, printed } = await run(context, "hello, world");
    context.check(
      printed === "hello, world",
      `It should print "hello, world"; it printed "${printed}".`,
    );
    context.check(process.exited === 12, `It should exit with 12; ${ending(process)}.`);
  });

  test("numbers", async (context) => {
    const { machine, process, printed } = await run(context, "abc");
    const calls = machine.trace.events({ name: "raw_syscalls:sys_enter", pid: process.pid });
    const made = calls.map(({ fields }) => fields["id"]).join(", ");
    context.check(made === "4, 1", `write and exit are 4, 1; it made the calls ${made}.`);
    context.check(
      calls[0]?.fields["a2"] === 3,
      `It asked for ${calls[0]?.fields["a2"]} bytes to be written; there are 3.`,
    );
  });

  test("short-writes", async (context) => {
    const { machine, process, printed } = await run(context, "hello, world", () => 3);
    context.check(
      printed === "hello, world",
      `The terminal takes 3 bytes at a time. It got "${printed}".`,
    );
    context.check(process.exited === 12, `It should exit with 12; ${ending(process)}.`);
  });

  test("interrupted", async (context) => {
    let writes = 0;
    const { machine, process, printed } = await run(context, "hello", (count) =>
      ++writes === 1 ? -EINTR : count,
    );
    context.check(
      printed === "hello" && process.exited === 5,
      `The first write was interrupted. Printed "${printed}", and ${ending(process)}.`,
    );
  });

  test("errors", async (context) => {
    const { process } = await run(context, "hello", () => -EIO);
    context.check(
      process.exited === EIO,
      `The terminal is broken (EIO): it should exit with 5; ${ending(process)}.`,
    );
  });
});

async function run(
  { player, check }: TestContext,
  argument: string,
  take?: (count: number) => number,
) {
  const source = await player.value("hello");
  check(typeof source === "string", "`hello` is a text.");
  const machine = boot({ seed: 1, cpus: 1 });
  const terminal = terminalThatTakes(take);
  const process = machine.spawn(assembled(String(source), check), {
    argv: ["hello", argument],
    stdout: terminal.stdout,
  });
  machine.runFor(1_000_000);
  return { machine, process, printed: terminal.printed() };
}

/** What is behind descriptor 1: it takes all that it is given, or as much as `take` says. */
function terminalThatTakes(take = (count: number): number => count) {
  let text = "";
  const stdout = (bytes: Uint8Array): number => {
    const taken = Math.min(take(bytes.length), bytes.length);
    for (const byte of bytes.slice(0, Math.max(taken, 0))) text += String.fromCharCode(byte);
    return taken;
  };
  return { stdout, printed: () => text };
}

function assembled(source: string, check: TestContext["check"]) {
  try {
    return i386.assemble(source, { name: "hello" });
  } catch (problem) {
    check(false, `It does not assemble: ${(problem as Error).message}`);
    throw problem;
  }
}

function ending(process: {
  readonly exited: number | undefined;
  readonly signaled: number | undefined;
}) {
  if (process.exited !== undefined) return `it exited with ${process.exited}`;
  return process.signaled === undefined ? "it never ended" : `signal ${process.signaled} ended it`;
}
