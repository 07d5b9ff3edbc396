import { expect, test } from "vitest";
import type { Output } from "#notebook/document";
import { compileModule } from "#notebook/runtime";
import type { PlacedLecture } from "../course-check.ts";
import { readCourse } from "../lecture.ts";
import { parseLecture } from "../lecture-text.ts";
import { cellsFile } from "./cells-file.ts";
import { notebookFile } from "./notebook-file.ts";

const TEXT = `---
number: L07
slug: 07-pipes
title: Pipes
subtitle: Input and output
summary: How bytes get through.
minutes: 10
goals: [Know]
covers: []
---

<Lead>
Water finds its way.
</Lead>

## Reading

As [below](#writing), $2^{16}$ bytes \\{at most\\}.

<Predict question="How many?" cell="fill" unit="bytes" />

\`\`\`ts cell id=fill title="Fill a pipe"
const machine: Machine = boot({ seed: 1 });
machine.now() // since boot
\`\`\`

<Note>
Two lines

of a note.
</Note>

### Writing

\`\`\`ts cell id=text-1
if (machine.seed === EPIPE) console.log("?");
({ [machine.seed]: 1 });
\`\`\`

<Picture file="pipe.svg" alt="A [pipe]" caption="Two ends." />

<Exercise id="pipes" />
`;

const OUTPUTS: readonly Output[] = [
  { kind: "stream", stream: "stdout", text: "a\nb" },
  { kind: "display", bundle: { "text/plain": "t", "application/vnd.kernelbook.table+json": {} } },
  { kind: "result", bundle: { "text/plain": "0n" } },
  {
    kind: "error",
    name: "Error",
    message: "m",
    frames: [{ cellId: "fill", line: 2, column: 1 }],
  },
  { kind: "truncated", omittedBytes: 10 },
];

const origin = { url: "https://os.example.edu/lectures/07-pipes", titleOf: () => "E7.1 Pipes" };

async function lecture(): Promise<PlacedLecture> {
  const text = await parseLecture(TEXT, "lecture.mdx");
  const cells = text.document.cells.map((cell) =>
    cell.id === "fill" ? { ...cell, storedOutputs: OUTPUTS } : cell,
  );
  return {
    ...text,
    document: { ...text.document, cells },
    folder: "07-pipes",
    name: "",
    pictures: new Map(),
  };
}

interface JsonCell {
  readonly cell_type: string;
  readonly id: string;
  readonly source: readonly string[];
  readonly metadata: object;
  readonly outputs?: readonly Record<string, unknown>[];
  readonly execution_count?: number | null;
}

/** What nbformat.v4.5.schema.json asks of a notebook, as far as ours can break it. */
function expectValid(file: ReturnType<typeof notebookFile>): readonly JsonCell[] {
  const notebook = JSON.parse(JSON.stringify(file));
  expect(Object.keys(notebook).sort()).toEqual(["cells", "metadata", "nbformat", "nbformat_minor"]);
  expect([notebook.nbformat, notebook.nbformat_minor]).toEqual([4, 5]);
  const cells: readonly JsonCell[] = notebook.cells;
  expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
  for (const cell of cells) {
    expect(cell.id).toMatch(/^[a-zA-Z0-9-_]{1,64}$/);
    expect(cell.source.every((line) => typeof line === "string")).toBe(true);
    const keys = ["cell_type", "id", "metadata", "source"];
    if (cell.cell_type === "code") keys.push("execution_count", "outputs");
    expect(Object.keys(cell).sort()).toEqual(keys.sort());
    for (const output of cell.outputs ?? []) expectValidOutput(output);
  }
  return cells;
}

function expectValidOutput(output: Record<string, unknown>): void {
  const keys: Record<string, string[]> = {
    stream: ["name", "output_type", "text"],
    display_data: ["data", "metadata", "output_type"],
    execute_result: ["data", "execution_count", "metadata", "output_type"],
    error: ["ename", "evalue", "output_type", "traceback"],
  };
  expect(Object.keys(output).sort()).toEqual(keys[String(output["output_type"])]);
  for (const [mime, value] of Object.entries(output["data"] ?? {})) {
    // Text, or any JSON under a type that says so.
    if (!mime.endsWith("+json")) expect(typeof value).toBe("string");
  }
}

test("a notebook file is valid nbformat 4.5, with every kind of output", async () => {
  const cells = expectValid(notebookFile(await lecture(), origin));
  const kinds = cells.map(({ cell_type: type, id }) => `${type} ${id}`);
  // text-1 is the name of one of the lecture's own cells.
  expect(kinds).toEqual([
    ...["markdown text-2", "markdown text-3", "code fill", "markdown text-4"],
    ...["code text-1", "markdown text-5", "markdown text-6"],
  ]);
  const types = cells.flatMap(({ outputs = [] }) => outputs.map((output) => output["output_type"]));
  expect(types).toEqual(["stream", "display_data", "execute_result", "error", "stream"]);
  expect(cells[2]?.source).toEqual([
    "const machine: Machine = boot({ seed: 1 });\n",
    "machine.now() // since boot",
  ]);
});

test("its text is the lecture's, links lead to the site, and components are Markdown", async () => {
  const { cells } = notebookFile(await lecture(), origin);
  const text = cells.map(({ source }) => source.join("")).join("\n\n");
  for (const part of [
    "# Pipes\n\nL07, Input and output. How bytes get through.\n\n- Know",
    "Water finds its way.\n\n## Reading",
    `[below](${origin.url}#writing), $2^{16}$ bytes \\{at most\\}.`,
    "> **Predict.** How many?",
    "> Two lines\n>\n> of a note.",
    `![A \\[pipe\\]](${origin.url}/pictures/pipe.svg)\n\n> Two ends.`,
    `**Exercise** [E7.1 Pipes](${origin.url}#exercise-pipes)`,
  ])
    expect(text).toContain(part);
  expect(text).not.toMatch(/<\/?[A-Z]/);
});

test("the cells are one module that compiles, shows what they showed and names its imports", async () => {
  expect(cellsFile(await lecture(), origin)).toBe(`// L07: Pipes
// ${origin.url}

import { EPIPE, boot } from "kernel-sim";

// ## Reading

// Cell 1 (fill): Fill a pipe
const machine: Machine = boot({ seed: 1 });
display(
machine.now() // since boot
);

// ### Writing

// Cell 2 (text-1)
if (machine.seed === EPIPE) console.log("?");
display(
({ [machine.seed]: 1 })
);`);
});

test("of every lecture of the sample course both files are sound", async () => {
  const { placed } = await readCourse("content");
  expect(placed.length).toBeGreaterThan(0);
  for (const one of placed) {
    expectValid(notebookFile(one, origin));
    expect(compileModule(cellsFile(one, origin))).toMatchObject({ kind: "compiled" });
  }
});
