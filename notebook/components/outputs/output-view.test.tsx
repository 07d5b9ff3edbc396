import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import {
  MIME_CHART,
  MIME_MAP,
  MIME_TABLE,
  MIME_TERMINAL,
  MIME_VERIFIER_LOG,
  type Output,
} from "#notebook/document";
import { OutputView } from "./output-view.tsx";
import { splitState } from "./verifier-log-output.tsx";

function shown(...outputs: Output[]): string {
  return renderToStaticMarkup(<OutputView outputs={outputs} />);
}

function display(mime: string, data: unknown): Output {
  return { kind: "display", bundle: { "text/plain": "as text", [mime]: data } };
}

test("what is written in pieces to one stream is one text", () => {
  const text = (piece: string): Output => ({ kind: "stream", stream: "stdout", text: piece });
  expect(shown(text("a"), text("b\n"))).toContain(">ab</pre>");
});

test("text over twenty lines is folded, says how much, and is all there", () => {
  const lines = Array.from({ length: 23 }, (_, line) => `line ${line}`).join("\n");
  const html = shown({ kind: "stream", stream: "stdout", text: lines });
  expect(html).toContain("Show 3 more lines");
  expect(html).toContain("line 22");
});

test("a text of a hundred thousand lines is drawn in one piece", () => {
  const text = "x\n".repeat(100_000);
  expect(shown({ kind: "stream", stream: "stdout", text }).split("<pre").length - 1).toBe(2);
});

test("a table of ten thousand rows shows twenty and offers more", () => {
  const rows = Array.from({ length: 10_000 }, (_, row) => [`${row}`, "x"]);
  const html = shown(display(MIME_TABLE, { columns: ["n", "what"], rows, numeric: [0] }));
  expect(html.split("<tr").length - 1).toBe(21);
  expect(html).toContain("Show 500 more rows of 10000");
});

test.each([
  { name: "a table that the text column holds keeps to it", columns: 3, isWide: false },
  { name: "a table of more takes the margin too", columns: 5, isWide: true },
])("$name", ({ columns, isWide }) => {
  const names = Array.from({ length: columns }, (_, place) => `c${place}`);
  const row = names.map(() => "18446744073709551615");
  const html = shown(display(MIME_TABLE, { columns: names, rows: [row], numeric: [] }));
  expect(html.includes("data-wide")).toBe(isWide);
});

test("bytes and words in hexadecimal stand place under place, other texts do not", () => {
  const rows = [["0xffffffffffffffff"], ["b7 01 00 00"], ["added"], ["0x7 of 9"]];
  const html = shown(display(MIME_TABLE, { columns: ["x"], rows, numeric: [] }));
  expect(html.match(/<code>[^<]*/g)).toEqual(["<code>0xffffffffffffffff", "<code>b7 01 00 00"]);
});

test("a table without columns says that it is empty", () => {
  expect(shown(display(MIME_TABLE, { columns: [], rows: [], numeric: [] }))).toContain(
    "empty table",
  );
});

test("html is never shown as html, and text is no markup", () => {
  const bundle = { "text/plain": "<b>bold</b>", "text/html": "<script>alert(1)</script>" };
  const html = shown({ kind: "result", bundle });
  expect(html).toContain("&lt;b&gt;bold&lt;/b&gt;");
  expect(html).not.toContain("script");
});

test("a picture is an image, never part of the page", () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const bundle = { "text/plain": "A dot", "image/svg+xml": svg };
  const html = shown({ kind: "display", bundle });
  expect(html).toContain('alt="A dot"');
  expect(html).not.toContain("<script");
});

test("an error names each cell and line on its way", () => {
  const frames = [
    { cellId: "helper", line: 2, column: 9 },
    { cellId: "bounds", line: 7, column: 1 },
  ];
  const html = shown({ kind: "error", name: "TypeError", message: "no", frames });
  expect(html.replaceAll(/<[^>]+>/g, "")).toBe(
    "TypeError: noat cell helper, line 2, column 9at cell bounds, line 7, column 1",
  );
});

test.each([
  {
    name: "an instruction and the state after it",
    line: "5: (b7) r0 = 2                       ; R0=2",
    halves: ["5: (b7) r0 = 2", "R0=2"],
  },
  { name: "a line without state as one", line: "func#0 @0", halves: ["func#0 @0"] },
])("a verifier log shows $name", ({ line, halves }) => {
  expect(splitState(line)).toEqual(halves);
});

test("a refused program shows the verifier's lines and the explaining one", () => {
  const log = {
    ok: false,
    errno: 13,
    errnoName: "EACCES",
    error: "R0 !read_ok",
    lines: ["0: R1=ctx() R10=fp0", "R0 !read_ok", "processed 1 insns"],
  };
  const html = shown(display(MIME_VERIFIER_LOG, log));
  expect(html).toContain("Refused: EACCES");
  expect(html).toContain("R0 !read_ok");
  const explanation = { rule: "Write `r0` first.", value: "", origin: "", repair: "Write it." };
  const explained = shown(display(MIME_VERIFIER_LOG, { ...log, explanation }));
  expect(explained).toContain("<dt>The rule</dt><dd>Write <code>r0</code> first.</dd>");
  expect(explained).not.toContain("What broke it");
});

test("a per-CPU map has a column for each CPU", () => {
  const map = {
    type: "percpu_array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    entries: [
      {
        key: "00 00 00 00",
        keyAsInt: "0",
        values: [
          { hex: "01", asInt: "1" },
          { hex: "02", asInt: "2" },
        ],
      },
    ],
  };
  const html = shown(display(MIME_MAP, map));
  expect(html).toContain("CPU 1");
  expect(html).toContain("1 of 1 entry");
});

test("a chart comes with its numbers as a table", () => {
  const chart = {
    kind: "bar",
    title: "Packets",
    x: { label: "port", values: ["22", "80"] },
    yLabel: "packets",
    series: [{ label: "seen", values: [3, 1200] }],
  };
  const html = shown(display(MIME_CHART, chart));
  expect(html).toContain("from 3 to 1200");
  expect(html).toContain("1\u2009200</td>");
});

test("a terminal that lives nowhere is the text of its screen", () => {
  const bundle = {
    "text/plain": "$ echo <b>\n<b>\n$",
    [MIME_TERMINAL]: { tty: "tty1", rows: 24, cols: 80, live: 3 },
  };
  const html = shown({ kind: "result", bundle });
  expect(html).toContain('aria-label="Terminal tty1"');
  expect(html).toContain("$ echo &lt;b&gt;\n&lt;b&gt;\n$</pre>");
});
