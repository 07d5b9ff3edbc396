import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chromiumOptions } from "../chromium.ts";
import type { SandboxWindow } from "../sandbox/page.ts";
import { type SandboxPage, serveSandboxPage } from "../sandbox/page-server.ts";

const exercise = join(
  import.meta.dirname,
  "../../content/lectures/11-ebpf-1-machine/exercises/three-small-programs",
);

let page: SandboxPage;
let browser: Browser;
let tab: Page;

beforeAll(async () => {
  page = await serveSandboxPage();
  browser = await chromium.launch(chromiumOptions());
  tab = await browser.newPage();
  await tab.goto(page.url);
  await tab.waitForSelector("html[data-ready]");
});

afterAll(async () => {
  await browser?.close();
  await page?.close();
});

test("names stay from cell to cell, and are gone after a restart", async () => {
  const texts = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const found: string[] = [];
    const run = (source: string) =>
      sandbox.run({ id: "cell", source }, (output) => found.push(JSON.stringify(output)));
    await run("let a = 41");
    await run("a + 1");
    await sandbox.restart();
    await run("typeof a");
    sandbox.close();
    return found;
  });
  expect(texts).toEqual([
    '{"kind":"result","bundle":{"text/plain":"42"}}',
    '{"kind":"result","bundle":{"text/plain":"\\"undefined\\""}}',
  ]);
});

test("the first cell that needs BPF, data or the kernel fetches it; names of the others stay", async () => {
  const { texts, before } = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const texts: string[] = [];
    const run = (source: string) =>
      sandbox.run({ id: "cell", source }, (output) => texts.push(JSON.stringify(output)));
    await run("let a = 41; boot().cpus");
    const before = performance.getEntriesByType("resource").map(({ name }) => name);
    await run("a++; bpf.asm('r0 = 1\\nexit').insns.length + a");
    await run("unixFamily.length > a");
    await run("boot().run(function* (sys) { return (yield* sys.getpid()) + a; })");
    await run(
      "a = 1; bpf.asm('exit'); boot().run(function* (sys) { return (yield* sys.getppid()) + a; })",
    );
    sandbox.close();
    return { texts, before };
  });
  expect(texts).toEqual(
    ["2", "44", "true", "44", "2"].map(
      (text) => `{"kind":"result","bundle":{"text/plain":"${text}"}}`,
    ),
  );
  expect(
    before.filter((name) =>
      /sandbox\/(?:bpf|bpf-calls|checked-runs|explanations|jit|kernel|kernel-calls|kernel-types|more-types|recordings|typed|xlate|course-data)\.js$/.test(
        name,
      ),
    ),
  ).toEqual([]);
});

test("what no word of a cell tells is missed as it runs, fetched, and shown once", async () => {
  const texts = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const texts: string[] = [];
    const run = (source: string) =>
      sandbox.run({ id: "cell", source }, (output) => texts.push(JSON.stringify(output)));
    await run("let runs = 0");
    await run(`runs++; console.log("first"); display(1); console.log("second");
      const { ok, ...refused } = boot().bpf.load({ type: "xdp", program: bpf.asm("exit") });
      console.log("third"); [runs, ok, Object.values(refused).at(-1).message]`);
    await run("runs++; typeof boot()['ker' + 'nel'].processTree()");
    await run(`runs++; const prog = boot().bpf.mustLoad({
        type: "xdp", program: bpf.asm(${JSON.stringify(`${"r0 = 2\n".repeat(9)}exit`)}),
      });
      prog.run({ ['re' + 'peat']: 200_000 }).insnsExecuted`);
    await run("runs");
    sandbox.close();
    return texts;
  });
  const said = texts.map((text) => JSON.parse(text));
  const streams = said.filter(({ kind }) => kind === "stream").map(({ text }) => text);
  expect(streams.join("")).toBe("first\nsecond\nthird\n");
  expect(said.filter(({ kind }) => kind === "display")).toHaveLength(1);
  const results = said.flatMap(({ kind, bundle }) =>
    kind === "result" ? [bundle["text/plain"]] : [],
  );
  expect(results).toEqual(['[1, false, "R0 !read_ok"]', '"object"', "2000000", "3"]);
});

test("what stands on the script of BPF has its maps, programs and helpers", async () => {
  const texts = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const texts: string[] = [];
    const run = (source: string) =>
      sandbox.run({ id: "cell", source }, (output) => texts.push(JSON.stringify(output)));
    await run(`const m = boot();
      const map = m.bpf.createMap({ type: "array", keySize: 4, valueSize: 4, maxEntries: 1 });
      const load = (text) => m.bpf.load({ type: "xdp", license: "GPL", program: bpf.asm(text) });
      const calls = load("call bpf_rcu_read_lock\\ncall bpf_rcu_read_unlock\\nr0 = 2\\nexit");
      [calls.ok, calls.prog?.run().retval]`);
    await run(`const under = m.bpf["runUn" + "verified"]({
        type: "xdp", license: "GPL", program: bpf.asm("r1 = 0\\nr0 = *(u32 *)(r1 + 0)\\nexit"),
      });
      under.stop?.cause`);
    await run(`const sys = m.bpf.load({
        type: "syscall", license: "GPL", flags: 16, program: bpf.asm(\`r1 = 1
          *(u64 *)(r10 - 8) = r1
          r1 = 14
          r2 = r10
          r2 += -8
          r3 = 8
          call 166
          exit\`),
      });
      [sys.ok, (sys.prog?.run().retval | 0) > 2]`);
    sandbox.close();
    return texts;
  });
  expect(texts.map((text) => JSON.parse(text).bundle?.["text/plain"] ?? text)).toEqual([
    "[true, 2]",
    '"memory"',
    "[true, true]",
  ]);
});

test("an interrupt ends an endless cell, keeps its texts, and the names of the others", async () => {
  const { outcome, texts } = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const texts: string[] = [];
    const run = (source: string, onText: () => void = () => undefined) =>
      sandbox.run({ id: "cell", source }, (output) => {
        texts.push(JSON.stringify(output));
        onText();
      });
    await run("let a = 1; a++;");
    texts.length = 0;
    const outcome = await new Promise<unknown>((resolve) => {
      const endless = run("a = 99; console.log('x'.repeat(8192)); for (;;) {}", () =>
        sandbox.interrupt(),
      );
      void endless.then(resolve);
    });
    const printed = texts.length;
    await run("a");
    sandbox.close();
    return { outcome, texts: [printed, texts.at(-1)] };
  });
  expect(outcome).toEqual({ kind: "interrupted" });
  expect(texts).toEqual([1, '{"kind":"result","bundle":{"text/plain":"2"}}']);
});

test("names are analysed while a cell runs for ever", async () => {
  const names = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    await sandbox.ready;
    void sandbox.run({ id: "endless", source: "for (;;) {}" }, () => undefined);
    const found = await sandbox.analyse([{ id: "sum", source: "const c = a + b" }]);
    sandbox.close();
    return found.get("sum");
  });
  expect(names).toEqual({ declares: ["c"], reads: ["a", "b"], writes: [] });
});

test("an error stands at its line and column, also for a promise that nobody waits for", async () => {
  const outputs = await tab.evaluate(async () => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const found: unknown[] = [];
    const source = "const wait: number = 1;\n  Promise.reject(new TypeError('lost'));";
    await sandbox.run({ id: "cell", source: "\n  missing()" }, (output) => found.push(output));
    const end = await sandbox.run({ id: "cell", source }, (output) => {
      if (output.kind === "error") found.push(output);
    });
    sandbox.close();
    return [...found, end.kind];
  });
  expect(outputs).toEqual([
    {
      kind: "error",
      name: "ReferenceError",
      message: "missing is not defined",
      frames: [{ cellId: "cell", line: 2, column: 3 }],
    },
    {
      kind: "error",
      name: "TypeError",
      message: "lost",
      frames: [{ cellId: "cell", line: 2, column: 18 }],
    },
    "error",
  ]);
});

test("visible tests run with player and judge in two Workers", async () => {
  const files = {
    source: readFileSync(join(exercise, "solution.ts"), "utf8"),
    starter: readFileSync(join(exercise, "starter.ts"), "utf8"),
    testSource: readFileSync(join(exercise, "visible.test.ts"), "utf8"),
  };
  const runs = await tab.evaluate(async ({ source, starter, testSource }) => {
    const { runVisibleTests } = window as unknown as SandboxWindow;
    const manifest = {
      id: "three-small-programs",
      number: "E11.1",
      kind: "code",
      title: "",
      attempts: undefined,
      points: 1,
      seeds: [1],
      limits: { cpuSeconds: 10, wallSeconds: 20, memoryMiB: 512 },
      tests: [],
    } as const;
    const run = async (code: string) => {
      const kinds: string[] = [];
      const onOutcome = ({ kind }: { kind: string }) => kinds.push(kind);
      const end = await runVisibleTests({ source: code, testSource, manifest, onOutcome });
      return { end, kinds };
    };
    return [await run(source), await run(starter), await run("const a = ;")];
  }, files);
  expect(runs[0]?.end).toEqual({ kind: "done" });
  expect(runs[0]?.kinds).toEqual(["passed", "passed", "passed", "passed", "passed"]);
  expect(runs[1]?.kinds).toContain("failed");
  expect(runs[2]?.end.kind).toBe("compile-error");
});

test("visible tests that are stopped while their frame opens never begin", async () => {
  const end = await tab.evaluate(() => {
    const { runVisibleTests } = window as unknown as SandboxWindow;
    const stop = new AbortController();
    const manifest = {
      id: "endless",
      number: "E0.1",
      kind: "code",
      title: "",
      attempts: undefined,
      points: 0,
      seeds: [1],
      limits: { cpuSeconds: 1, wallSeconds: 1, memoryMiB: 64 },
      tests: [],
    } as const;
    const ended = runVisibleTests({
      source: "for (;;) {}",
      testSource: "",
      manifest,
      onOutcome: () => undefined,
      signal: stop.signal,
    });
    stop.abort();
    return ended;
  });
  expect(end).toEqual({ kind: "stopped" });
});

test("the frame asks for nothing but itself and the page for its scripts", () => {
  // Not every Chromium asks for an icon.
  const asked = new Set(page.requests.filter((path) => path !== "/favicon.ico"));
  expect([...asked].sort()).toEqual([
    "/",
    "/page.js",
    "/sandbox/bpf-calls.js",
    "/sandbox/bpf.js",
    "/sandbox/checked-runs.js",
    "/sandbox/course-data.js",
    "/sandbox/explanations.js",
    "/sandbox/frame",
    "/sandbox/jit.js",
    "/sandbox/kernel-calls.js",
    "/sandbox/kernel-types.js",
    "/sandbox/kernel.js",
    "/sandbox/more-types.js",
    "/sandbox/typed.js",
    "/sandbox/worker.js",
    "/sandbox/xlate.js",
  ]);
});
