import { describe, expect, test } from "vitest";
import { attack, earned, HONEST, hostilePlayer } from "./attack.ts";

/** Each would go on for ever. `breach` is asked last, so that what came before has its points. */
const ENDLESS = [
  { name: "a loop without end", body: "for (;;);" },
  { name: "a loop of promises without end", body: "for (;;) await null;" },
  {
    name: "a regular expression that backtracks for ever",
    body: "return /^(a+)+$/.test('a'.repeat(40) + 'b');",
  },
  {
    name: "a getter that loops when the answer is read",
    body: "return { get x() { for (;;); } };",
  },
  {
    name: "a proxy that loops when its keys are read",
    body: "return new Proxy({}, { ownKeys() { for (;;); } });",
  },
  { name: "a then that loops", body: "return { then() { for (;;); } };" },
];

describe.each(ENDLESS)("$name", ({ body }) => {
  const source = `${HONEST}export const breach = async () => { ${body} };`;

  test("ends in time-out, and what had passed stays", async () => {
    const result = await attack(source);
    expect(result.status).toBe("time-out");
    expect(earned(result)).toEqual(["adds", "reverses"]);
    expect(result.tests[2]?.kind).toBe("not-run");
    expect(result.message).toContain("1 s of CPU time");
  });

  test("control: with a later limit it goes on until there", async () => {
    const { ms } = await attack(source, { limits: { cpuSeconds: 2.2, wallSeconds: 20 } });
    expect(ms).toBeGreaterThan(2000);
  });
});

test.each([
  { name: "a promise that nobody answers", body: "await new Promise(() => undefined);" },
  {
    name: "an interval that is never cleared",
    body: "await new Promise(() => setInterval(() => 0, 1));",
  },
])("$name fails the test at once", async ({ body }) => {
  const result = await attack(`${HONEST}export const breach = async () => { ${body} };`);
  expect(result.status).toBe("graded");
  expect(earned(result)).toEqual(["adds", "reverses"]);
});

test("a timer that is left behind does not fire in a later test", async () => {
  const source = `${HONEST}
    let fired = 0;
    export const wait = () => 0;
    export const breach = () => { setTimeout(() => { fired++; }, 0); return fired > 0; };`;
  expect(earned(await attack(source))).toEqual(["adds", "reverses"]);
});

test("sleeping costs no CPU time, but the wall clock ends it", async () => {
  const onFrame = `const onFrame = async (kind, text) => {
    if (kind === "L") return send("A", LOADED);
    if (text.includes("breach")) await new Promise((done) => setTimeout(done, 60_000));
    send("A", honest(JSON.parse(text)));
  };`;
  const result = await attack("", {
    playerScript: hostilePlayer(onFrame),
    limits: { wallSeconds: 1 },
  });
  expect(result).toMatchObject({ status: "time-out", score: 2 });
});

/** 700 MiB, kept alive; with 512 allowed they must end, with 2 GiB they fit. */
const BOMBS = [
  {
    name: "array buffers",
    body: "const kept = []; for (let i = 0; i < 22; i++) kept.push(new Uint8Array(32 << 20).fill(1)); return kept.length === 22;",
  },
  {
    name: "the heap",
    body: "const kept = []; for (let i = 0; i < 90; i++) kept.push(new Array(1 << 20).fill(i + 0.5)); return kept.length === 90;",
  },
  {
    name: "strings",
    body: "const kept = []; for (let i = 0; i < 70; i++) kept.push(String(i).padStart(10, 'x').repeat(1 << 20).toUpperCase()); return kept.length === 70;",
  },
];

describe.each(BOMBS)("a bomb of $name", ({ body }) => {
  const source = `${HONEST}export const breach = () => { ${body} };`;
  const slow = { cpuSeconds: 30, wallSeconds: 60 };

  test("gets no more than its limit, and the next submission is graded as ever", async () => {
    const result = await attack(source, { limits: slow });
    // Where the language throws a RangeError the code may catch it; else the process is ended.
    expect(["memory", "graded"]).toContain(result.status);
    expect(earned(result)).toEqual(["adds", "reverses"]);
    expect(earned(await attack(HONEST))).toEqual(["adds", "reverses"]);
  });

  test("control: with room for it, it goes off", async () => {
    const result = await attack(source, { limits: { ...slow, memoryMiB: 2048 } });
    expect(earned(result)).toContain("breach");
  });
});

test("a bomb of wasm memory gets no more than its limit", async () => {
  const bomb = (limit: number) => {
    const onFrame = `const onFrame = (kind, text) => {
      if (kind === "L") return send("A", LOADED);
      if (!text.includes("breach")) return send("A", honest(JSON.parse(text)));
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
      let pages = 1;
      try {
        for (; pages < 14000; pages += 100) {
          memory.grow(100);
          new Uint8Array(memory.buffer).fill(1, pages << 16);
        }
      } catch {}
      send("A", calls(pages >= 14000));
    };`;
    const limits = { memoryMiB: limit, cpuSeconds: 30, wallSeconds: 60 };
    return attack("", { playerScript: hostilePlayer(onFrame), limits });
  };
  const result = await bomb(512);
  expect(["memory", "graded"]).toContain(result.status);
  expect(earned(result)).toEqual(["adds", "reverses"]);
  expect(earned(await bomb(2048))).toContain("breach");
});

test("a recursion without end is an error of the call, not of the grader", async () => {
  const source = `${HONEST}export const breach = () => { const f = () => f() + 1; return f(); };`;
  const result = await attack(source);
  expect(result).toMatchObject({ status: "graded", score: 2 });
  expect(result.tests[2]?.feedback).toBe("`breach` threw a RangeError.");
});

test("a flood of output is cut, and harms nobody", async () => {
  const source = `${HONEST}export const breach = () => {
    for (let i = 0; i < 20_000; i++) console.log("flood ".repeat(100));
    return false;
  };`;
  const result = await attack(source);
  expect(result).toMatchObject({ status: "graded", score: 2 });
  expect(JSON.stringify(result).length).toBeLessThan(4000);
});

test("a flood on stdout itself ends as tampering", async () => {
  const onFrame = `const onFrame = (kind, text) => {
    if (kind === "L") return send("A", LOADED);
    if (!text.includes("breach")) return send("A", honest(JSON.parse(text)));
    for (;;) write(new Uint8Array(65536).fill(88));
  };`;
  const result = await attack("", { playerScript: hostilePlayer(onFrame) });
  expect(result).toMatchObject({ status: "tampered", score: 0 });
});

test("a flood on stderr ends as tampering", async () => {
  const onFrame = `const onFrame = (kind, text) => {
    if (kind === "L") return send("A", LOADED);
    if (!text.includes("breach")) return send("A", honest(JSON.parse(text)));
    for (;;) Deno.stderr.writeSync(new Uint8Array(65536).fill(88));
  };`;
  const result = await attack("", { playerScript: hostilePlayer(onFrame) });
  expect(result).toMatchObject({ status: "tampered", score: 0 });
});

test("seven million characters of three bytes are an answer like any other", async () => {
  const source = `${HONEST}export const breach = () => "€".repeat(7_000_000);`;
  const result = await attack(source, { limits: { cpuSeconds: 10, wallSeconds: 20 } });
  expect(result).toMatchObject({ status: "graded", score: 2 });
});

test("an answer of more than 8 MiB fails its test only", async () => {
  const source = `${HONEST}export const breach = () => "x".repeat(9 << 20);`;
  expect(await attack(source)).toMatchObject({ status: "graded", score: 2 });
});
