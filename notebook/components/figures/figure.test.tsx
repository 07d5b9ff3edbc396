import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { FigureData, VerifierTrace } from "#notebook/document";
import { ENTRIES } from "./bpf-timeline/entries.ts";
import { Figure } from "./figure.tsx";
import { layoutTree } from "./verifier-stepper/path-tree-layout.ts";
import { describeStep } from "./verifier-stepper/step-text.ts";

/** Two ways that meet: the second is pruned where the first has been. */
const PRUNED: VerifierTrace = {
  id: "pruned",
  title: "Two ways",
  hint: "They meet.",
  isAccepted: true,
  error: "",
  insnsProcessed: 6,
  program: [
    { slot: 0, text: "call bpf_get_prandom_u32#7" },
    { slot: 1, text: "if r0 > 7 goto pc+1" },
    { slot: 2, text: "r6 = 1" },
    { slot: 3, text: "r0 = 2" },
    { slot: 4, text: "exit" },
  ],
  registers: ["R0", "R6", "R10"],
  stackSlots: [],
  steps: [
    { slot: 0, path: 0, registers: {}, stack: {}, after: "R0=scalar()" },
    { slot: 1, path: 0, comesFrom: 0, registers: {}, stack: {}, after: "" },
    { slot: 2, path: 0, comesFrom: 1, registers: {}, stack: {}, after: "R6=1" },
    { slot: 3, path: 0, comesFrom: 2, registers: {}, stack: {}, after: "R0=2" },
    { slot: 4, path: 0, comesFrom: 3, registers: {}, stack: {}, after: "", end: "exit" },
    {
      slot: 3,
      path: 1,
      comesFrom: 1,
      registers: { R0: { type: "scalar", range: "8 … 2^64-1", bits: "xxxxxxxx" } },
      stack: {},
      after: "",
      end: "pruned",
      prunedBy: 3,
    },
  ],
  paths: [{}, { branchedAt: 1 }],
};

function drawn(data: FigureData): string {
  const html = renderToStaticMarkup(
    <Figure id="fig" title="A title" caption="Of `r6`." number="11.2" data={data}>
      <p>In words.</p>
    </Figure>,
  );
  return html
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");
}

test("the kernel map leads to the lectures that are there, and names the others", () => {
  const html = drawn({ name: "kernel-map", lectures: [{ number: 6, slug: "06-processes" }] });
  expect(html).toContain('<a href="/lectures/06-processes">lecture 6</a>');
  expect(html).toContain("<small>lecture 9</small>");
  expect(html).not.toContain('href="/lectures/09');
});

test("a figure has its number, its caption with code, and its words", () => {
  const html = drawn({ name: "os-models" });
  expect(html).toContain("<b>Figure 11.2. </b>Of <code>r6</code>.");
  expect(html).toContain("<p>In words.</p>");
});

test("every step of every program is in the page that the server sends", () => {
  const html = drawn({ name: "verifier-stepper", traces: [PRUNED] });
  for (const position of PRUNED.steps.keys())
    expect(html).toContain(describeStep(PRUNED, position));
  expect(html).toContain("Accepted after 6 instructions.");
});

test("every entry of the timeline is in the page that the server sends", () => {
  const html = drawn({ name: "bpf-timeline" });
  for (const { title, says } of ENTRIES) expect(html).toContain(`${title}. ${says}`);
});

test("a step says what waits, what follows and what covers it", () => {
  expect(describeStep(PRUNED, 1)).toBe(
    "Step 2, path 1, instruction 1: if r0 > 7 goto pc+1. The other side waits as path 2.",
  );
  expect(describeStep(PRUNED, 5)).toBe(
    "Step 6, path 2, instruction 3: r0 = 2. Pruned by step 4, whose state covers this one.",
  );
});

test("a path leaves the tree where it branched off, one column further", () => {
  const { dots, rows, columns } = layoutTree(PRUNED);
  expect(columns).toBe(5);
  expect(dots[5]).toEqual({ step: 5, column: 2, row: 1 });
  expect(rows[1]).toEqual({ row: 1, fromColumn: 2, toColumn: 2, branch: { column: 1, row: 0 } });
});
