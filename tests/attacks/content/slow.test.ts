/** Texts that keep a parser busy, or fill its memory. */
import katex from "katex";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { bpf } from "#kernel-sim";
import { compileCell } from "#notebook/runtime";
import { CourseProblem } from "#server/course";
import { highlight } from "../../../notebook/components/cell/highlight.ts";
import { parseLecture } from "../../../server/course/lecture-text.ts";
import { readFence } from "../../../server/course/mdx/fence.ts";
import { linkTarget } from "../../../server/course/mdx/links.ts";
import { ReadingThread } from "../../../server/course/reading.ts";
import { FRONT_MATTER } from "./attack.ts";

/** What one hostile text may cost a parser on a busy machine. */
const MS_MAX = 5_000;

async function read(text: string, msMax?: number) {
  const thread = new ReadingThread(msMax);
  const began = performance.now();
  const answer = await thread.read({ kind: "lecture", text, name: "lecture.mdx" });
  return { answer, ms: performance.now() - began };
}

describe("a text that is slow to read takes the site no time", () => {
  const slow = `${FRONT_MATTER}${"[a](".repeat(40_000)}`;

  test("it is ended in its thread, and what comes after it is read", async () => {
    const thread = new ReadingThread(600);
    const ticks: number[] = [];
    const clock = setInterval(() => ticks.push(performance.now()), 20);
    const [answer, next] = await Promise.all([
      thread.read({ kind: "lecture", text: slow, name: "slow.mdx" }),
      new ReadingThread().read({ kind: "lecture", text: `${FRONT_MATTER}Text.`, name: "next.mdx" }),
    ]);
    clearInterval(clock);
    expect(answer).toEqual({
      kind: "problems",
      problems: ["slow.mdx:1: reading the text takes more than 0.6 s: make it simpler"],
    });
    expect(next.kind).toBe("lecture");
    // The site's own thread went on all the time.
    expect(ticks.length).toBeGreaterThan(5);
  });

  test("control, without the limit: it takes longer", async () => {
    const { ms } = await read(slow, 2_500);
    expect(ms).toBeGreaterThan(600);
  });
});

describe("deep and large texts are refused in words", () => {
  test.each([
    { name: "quotes in quotes", text: `${">".repeat(3_000)} a` },
    {
      name: "lists in lists",
      text: Array.from({ length: 300 }, (_, n) => `${"  ".repeat(n)}- a`).join("\n"),
    },
    { name: "emphasis in emphasis", text: `${"*a ".repeat(3_000)}${"b* ".repeat(3_000)}` },
    {
      name: "components in components",
      text: `${"<Note>\n".repeat(2_000)}a\n${"</Note>\n".repeat(2_000)}`,
    },
    { name: "brackets in brackets", text: "[".repeat(20_000) },
    { name: "half a megabyte", text: "a ".repeat(262_144) },
    { name: "braces that never close", text: "{".repeat(20_000) },
    { name: "table columns", text: `${"|a".repeat(5_000)}|\n${"|-".repeat(5_000)}|\n` },
    { name: "one long line of backticks", text: "`a``b".repeat(20_000) },
    { name: "dollars that never close", text: "$a$$b".repeat(10_000) },
  ])("$name", async ({ text }) => {
    const { answer } = await read(`${FRONT_MATTER}${text}\n`, 3_000);
    if (answer.kind === "problems") expect(answer.problems[0]).toMatch(/^lecture\.mdx:\d+: .+: .+/);
    else expect(answer.kind).toBe("lecture");
  });
});

describe("what grows when it is expanded does not", () => {
  const laughs = [
    "a: &a [x, x, x, x, x, x, x, x, x]",
    ...Array.from("bcdefgh", (name, index) => {
      const before = `*${"abcdefgh"[index]}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(", ")}]`;
    }),
  ].join("\n");

  test("aliases of aliases in the front matter are refused", async () => {
    const text = FRONT_MATTER.replace("covers: []", `covers: []\n${laughs}`);
    await expect(parseLecture(text, "lecture.mdx")).rejects.toThrow(CourseProblem);
  });

  test("control, without a limit of aliases: they are a great many values", () => {
    const short = laughs.split("\n").slice(0, 6).join("\n");
    const made = parseDocument(short).toJS({ maxAliasCount: -1 });
    expect(JSON.stringify(made).length).toBeGreaterThan(100_000);
  });

  const macros = String.raw`\def\a{xxxxxxxx}\def\b{\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b}\def\d{\c\c\c\c\c\c\c\c}\d`;

  test("macros of macros in a formula are refused", async () => {
    const text = `${FRONT_MATTER}$${macros}$\n`;
    await expect(parseLecture(text, "lecture.mdx")).rejects.toThrow(/lecture\.mdx:11: the formula/);
  });

  test("control, without a limit of macros: the formula is a megabyte", () => {
    const html = katex.renderToString(macros, { maxExpand: Number.POSITIVE_INFINITY });
    expect(html.length).toBeGreaterThan(4_000);
  });

  test.each([
    String.raw`\href{javascript:alert(1)}{x}`,
    String.raw`\htmlId{fig-x}{x}`,
    String.raw`\includegraphics{https://evil.example/a.png}`,
    String.raw`\url{javascript:alert(1)}`,
  ])("a formula may not say %s", async (formula) => {
    const text = `${FRONT_MATTER}$${formula}$\n`;
    await expect(parseLecture(text, "lecture.mdx")).rejects.toThrow(
      /:11: the formula cannot be set/,
    );
  });

  test("control, trusting formulas: a link to a script is made", () => {
    const html = katex.renderToString(String.raw`\href{javascript:alert(1)}{x}`, { trust: true });
    expect(html).toContain("javascript:alert(1)");
  });
});

describe("no pattern of our own parsers takes time that grows with a power of the text", () => {
  const LONG = 60_000;
  const HOSTILE = [
    "a".repeat(LONG),
    " ".repeat(LONG),
    `cell${" a=".repeat(LONG / 3)}`,
    `cell${' a="'.repeat(LONG / 4)}`,
    '"'.repeat(LONG),
    "`${".repeat(LONG / 3),
    "/*".repeat(LONG / 2),
    "\\".repeat(LONG),
    "0".repeat(LONG),
    "0x_".repeat(LONG / 3),
    "r0 += ".repeat(LONG / 6),
    "*(u64 *)(r1 +".repeat(LONG / 13),
    "/lectures/".repeat(LONG / 10),
    "https://".repeat(LONG / 8),
    `${"-".repeat(LONG)}!`,
    "(".repeat(2_000),
  ];

  const attempt = (parse: (text: string) => unknown) => (text: string) => {
    try {
      parse(text);
    } catch {
      // Refused: what counts is that it is refused soon.
    }
  };

  test.each([
    { name: "the fence of a cell", parse: (text: string) => readFence("ts", text) },
    { name: "links", parse: linkTarget },
    { name: "the colours of code", parse: highlight },
    { name: "the compiler of cells", parse: compileCell },
    {
      name: "the assembler",
      parse: (text: string) => bpf.asm(Object.assign([text], { raw: [text] }) as never),
    },
  ])("$name", ({ parse }) => {
    for (const text of HOSTILE) {
      const began = performance.now();
      attempt(parse)(text);
      expect(performance.now() - began, text.slice(0, 20)).toBeLessThan(MS_MAX);
    }
  });

  test("control: a pattern of that kind takes more for a text of 25 letters", () => {
    const began = performance.now();
    /^(?:a+)+$/.test(`${"a".repeat(24)}!`);
    expect(performance.now() - began).toBeGreaterThan(100);
  });
});
