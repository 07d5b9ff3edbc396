import { expect, test } from "vitest";
import { openKernel } from "../kernel.ts";
import { createPlayer } from "../player/player.ts";
import { createRealm } from "../realm/realm.ts";
import { judge, type TestVerdict } from "./judge.ts";
import { loadTestFile } from "./test-file.ts";

/** A shell that runs one program with its output in a pipe, and answers what came out and its status. */
const RUN = `
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
export function* cat(sys) {
  let seen = 0;
  for (;;) {
    const bytes = yield* sys.read(0, 16);
    if (bytes.length === 0) return seen;
    seen += bytes.length;
    yield* sys.write(1, bytes);
  }
}
`;

const TESTS = `
import { exercise } from "exercise";
import { boot } from "kernel-sim";
export default exercise("unit", ({ test }) => {
  test("in-a-machine", async ({ player, check }) => {
    const { trace, said } = await player.inMachine("run", (program) => {
      const machine = boot({ seed: 3 });
      const said = machine.run(function* shell(sys) {
        return yield* program(sys, "/bin/echo", ["echo", "hello", "world"]);
      });
      return { trace: machine.trace, said };
    });
    check(said.text === "hello world\\n" && said.exited === 0, "It said " + JSON.stringify(said));
    const files = trace.events({ name: "sched:sched_process_exec" }).map((event) => event.fields.filename);
    check(files.filter((file) => file === "/bin/echo").length === 1, files.join());
  });
  test("from-the-kernel", async ({ player, check }) => {
    const said = await player.withCalls((ask) => {
      const machine = boot({ seed: 1 });
      machine.registerBinfmt("own", ({ buf, interp, argv }) => ask("load", { buf, interp, argv }));
      machine.writeFile("/bin/x", "!own", 0o755);
      machine.spawn("/bin/sh", { argv: ["sh", "-c", "x a b; x c"] });
      machine.runUntilIdle();
      return machine.consoleOutput;
    });
    check(said === "/bin/x a b\\n/bin/x c\\n", said);
  });
  test("step-by-step", async ({ player, check }) => {
    const run = await player.start("cat");
    let step = run.first;
    const log = [];
    for (const answer of [new Uint8Array([65, 66]), 2, new Uint8Array(0)]) {
      log.push(step.call);
      step = await run.resume(answer);
    }
    check(log.join() === "read,write,read", log.join());
    check(step.kind === "returned" && step.value === 2, JSON.stringify(step));
  });
});
`;

async function verdicts(source: string, isPublic = true): Promise<readonly TestVerdict[]> {
  const player = createPlayer(createRealm(openKernel({})));
  const seen: TestVerdict[] = [];
  await judge({
    definition: await loadTestFile(TESTS, openKernel({})),
    seeds: [1],
    loaded: player.load(source),
    ask: (question) => player.answer(question),
    onVerdict: (verdict) => seen.push(verdict),
    isPublic,
  });
  return seen;
}

test("a student's program runs on the judge's machine, its fork's child too", async () => {
  expect(await verdicts(RUN)).toEqual([
    { id: "in-a-machine", passed: true },
    { id: "from-the-kernel", passed: true },
    { id: "step-by-step", passed: true },
  ]);
});

test.each([
  {
    name: "a program that throws is told so",
    source: RUN.replace("yield* sys.fork()", "null.x"),
    says: "`run` threw TypeError",
  },
  {
    name: "a program that yields something of its own is refused",
    source: RUN.replace("yield* sys.fork()", "yield { call: 'fork', args: [] }"),
    says: "may yield only what the calls of sys make",
  },
  {
    name: "arguments that a call cannot take are told",
    source: RUN.replace("sys.read(r, 5)", "sys.read(r, -7)"),
    says: "`run` calls sys.read() with arguments that it cannot take.",
  },
  {
    name: "a function that is no generator is told",
    source: RUN.replace(
      "export function* run(sys, path, argv) {",
      "export function run() { return 1; }\nfunction* other(sys, path, argv) {",
    ),
    says: "no generator function",
  },
])("$name", async ({ source, says }) => {
  expect((await verdicts(source))[0]?.feedback).toContain(says);
});
