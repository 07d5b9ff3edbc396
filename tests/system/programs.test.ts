/**
 * Programs of a submission on machines of the hidden tests, between real processes: there the judge asks
 * in the middle of a machine's run, where the page, which cannot wait, plays it again and again.
 */
import { afterAll, expect, test } from "vitest";
import { grade } from "../../server/grading/grade.ts";
import { SandboxPool } from "../../server/grading/sandbox/pool.ts";
import { attacked } from "../attacks/grading/attack.ts";

const TESTS = `
import { exercise } from "exercise";
import { boot } from "kernel-sim";
export default exercise("programs", ({ test }) => {
  test("forks", async ({ player, check, random }) => {
    const words = random.pick(["hello world", "one two three"]);
    let plays = 0;
    const said = await player.inMachine("run", (program) => {
      plays++;
      const machine = boot({ seed: 3 });
      return machine.run(function* shell(sys) {
        return yield* program(sys, "/bin/echo", ["echo", ...words.split(" ")]);
      });
    });
    check(said.text === words + "\\n" && said.exited === 0, "It said something else.");
    check(plays === 1, "The machine was played again.");
  });
  test("kernel", async ({ player, check }) => {
    let plays = 0;
    const said = await player.withCalls((ask) => {
      plays++;
      const machine = boot({ seed: 1 });
      machine.registerBinfmt("own", ({ buf, interp, argv }) => ask("load", { buf, interp, argv }));
      machine.writeFile("/bin/x", "!own", 0o755);
      machine.spawn("/bin/sh", { argv: ["sh", "-c", "x a b; x c"] });
      machine.runUntilIdle();
      return machine.consoleOutput;
    });
    check(said === "/bin/x a b\\n/bin/x c\\n", "Something else was run.");
    check(plays === 1, "The machine was played again.");
  });
});
`;

const SUBMISSION = `
export function* run(sys, path, argv) {
  const [r, w] = yield* sys.pipe2();
  const pid = yield* sys.fork();
  if (pid === 0) {
    yield* sys.dup2(w, 1);
    yield* sys.close(r);
    yield* sys.close(w);
    yield* sys.execve(path, argv);
    return 127;
  }
  yield* sys.close(w);
  let text = "";
  for (;;) {
    const bytes = yield* sys.read(r, 5);
    if (typeof bytes === "number" || bytes.length === 0) break;
    text += new TextDecoder().decode(bytes);
  }
  const end = yield* sys.wait4(pid);
  return { text, exited: end.exited };
}
export function load({ buf, interp, argv }) {
  if (new TextDecoder().decode(buf.slice(0, 4)) !== "!own") return -8;
  return { interpreter: "/bin/echo", argv: ["echo", interp, ...argv.slice(1)] };
}
`;

const IDS = ["forks", "kernel"];
const pool = new SandboxPool({ concurrency: 1 });

afterAll(() => pool.close());

async function graded(source: string) {
  const tests = IDS.map((id) => ({ id, title: id, points: 1, hint: "" }));
  const manifest = { ...attacked.manifest, tests, points: IDS.length };
  const exercise = { manifest, hash: "programs", judge: TESTS };
  const { status, tests: outcomes, message } = await grade(pool, exercise, source, [1, 2]);
  const told = outcomes.map(({ kind, feedback }) => (feedback === undefined ? kind : feedback));
  return { status, message, told };
}

test("a machine runs once, whatever it has to ask", async () => {
  expect(await graded(SUBMISSION)).toMatchObject({ status: "graded", told: ["passed", "passed"] });
});

test.each([
  ["a program that throws", ["yield* sys.fork()", "null.x"], "`run` threw a TypeError."],
  [
    "a program that yields something of its own",
    ["yield* sys.fork()", "yield { call: 'fork', args: [] }"],
    "`run` threw a TypeError.",
  ],
  [
    "arguments that a call cannot take",
    ["sys.read(r, 5)", "sys.read(r, -7)"],
    "`run` calls sys.read() with arguments that it cannot take.",
  ],
])("%s is told, and the next test runs", async (_, [from = "", to = ""], says) => {
  const { status, told } = await graded(SUBMISSION.replace(from, to));
  expect({ status, told }).toEqual({ status: "graded", told: [says, "passed"] });
});

test("a function that throws inside of a kernel's call is told", async () => {
  const throwing = SUBMISSION.replace("argv }) {", "argv }) {\n  buf.nothing();");
  const { told } = await graded(throwing);
  expect(told).toEqual(["passed", "`load` threw a TypeError."]);
});

test("a program that never ends meets the limits", async () => {
  const endless = SUBMISSION.replace(
    "const [r, w]",
    "for (;;) yield* sys.getpid();\n  const [r, w]",
  );
  const { status } = await graded(endless);
  expect(status).toBe("time-out");
});
