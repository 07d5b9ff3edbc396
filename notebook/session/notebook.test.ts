import { describe, expect, test } from "vitest";
import type { Output } from "#notebook/document";
import type { SessionCell } from "./session-cell.ts";
import { cellsOf, heldBack, openNotebook, settledState } from "./trial-notebook.ts";

describe("a run", () => {
  test("shows the cell's value, and says its end once", async () => {
    const notebook = openNotebook(["const a = 20", "a + 22"]);
    notebook.run(["c1"]);
    notebook.run(["c2"]);
    await settledState(notebook);
    expect(texts(notebook.cell("c2"))).toEqual(["42"]);
    expect(notebook.cell("c2")?.status.kind).toBe("ran");
    expect(notebook.state().message?.text).toBe("Cell 2 done: 42");
  });

  test("first runs what the cell needs and nothing else", async () => {
    const notebook = openNotebook(["const a = 1", "const other = 5", "const b = a + 1", "b * 10"]);
    notebook.run(["c4"]);
    await settledState(notebook);
    expect(statuses(notebook)).toEqual(["ran", "idle", "ran", "ran"]);
    expect(texts(notebook.cell("c4"))).toEqual(["20"]);
  });

  test("of all cells goes on in order and stops at the first failure", async () => {
    const notebook = openNotebook(["const a = 1", "null.x", "a"]);
    notebook.runAll();
    await settledState(notebook);
    expect(statuses(notebook)).toEqual(["ran", "failed", "idle"]);
  });

  test.each([
    { name: "the cell's own line", cells: ["1\n\nnull.x"], run: "c1", line: 3 },
    {
      name: "the line that called, when another cell's function threw",
      cells: ["function f() {\n  throw new Error('no')\n}", "1\nf()"],
      run: "c2",
      line: 2,
    },
    { name: "the line of a mistake in the text", cells: ["1\nconst = 2"], run: "c1", line: 2 },
  ])("that fails names $name", async ({ cells, run, line }) => {
    const notebook = openNotebook(cells);
    notebook.run([run]);
    await settledState(notebook);
    expect(notebook.cell(run)?.status).toMatchObject({ kind: "failed", line });
  });

  test("keeps the page's output until its first own", async () => {
    const gate = heldBack();
    const notebook = openNotebook(["1 + 1"], { hasOutput: true, before: gate.opened });
    notebook.run(["c1"]);
    await settledState(notebook, (state) => state.running !== undefined);
    expect(notebook.cell("c1")?.output.kind).toBe("stored");
    gate.open();
    await settledState(notebook);
    expect(texts(notebook.cell("c1"))).toEqual(["2"]);
  });
});

describe("a changed cell", () => {
  test("makes stale what uses its names, down to the last one", async () => {
    const notebook = openNotebook(["const a = 1", "const b = a + 1", "b", "7"]);
    notebook.runAll();
    await settledState(notebook);
    notebook.edit("c1", "const a = 2");
    await settledState(notebook, (state) => state.cells[2]?.status.kind === "stale");
    expect(statuses(notebook)).toEqual(["ran", "stale", "stale", "ran"]);
    expect(notebook.cell("c3")?.status).toMatchObject({
      changed: [{ name: "a", cellId: "c1" }],
    });
    expect(notebook.numbersToRun("c3")).toEqual([1, 2, 3]);
  });

  test("is run with what is stale, and then nothing is", async () => {
    const notebook = openNotebook(["const a = 1", "const b = a + 1", "b"]);
    notebook.runAll();
    await settledState(notebook);
    notebook.edit("c1", "const a = 5");
    await settledState(notebook, (state) => state.cells[2]?.status.kind === "stale");
    notebook.run(["c3"]);
    await settledState(notebook);
    expect(texts(notebook.cell("c3"))).toEqual(["6"]);
    expect(statuses(notebook)).toEqual(["ran", "ran", "ran"]);
  });

  test("is not stale any more when its text is taken back", async () => {
    const notebook = openNotebook(["const a = 1", "a"]);
    notebook.runAll();
    await settledState(notebook);
    notebook.edit("c1", "const a = 2");
    await settledState(notebook, (state) => state.cells[1]?.status.kind === "stale");
    notebook.edit("c1", "const a = 1");
    await settledState(notebook, (state) => state.cells[1]?.status.kind === "ran");
    expect(statuses(notebook)).toEqual(["ran", "ran"]);
  });

  test("makes outputs of the page stale, too", async () => {
    const notebook = openNotebook(["const a = 1", "a"], { hasOutput: true });
    notebook.edit("c1", "const a = 2");
    await settledState(notebook, (state) => state.cells[1]?.status.kind === "stale");
    expect(notebook.numbersToRun("c2")).toEqual([1, 2]);
  });

  test("that assigns to a name of another one is needed by those below", async () => {
    const notebook = openNotebook(["let n = 1", "n = n + 1", "n"]);
    notebook.run(["c3"]);
    await settledState(notebook);
    expect(texts(notebook.cell("c3"))).toEqual(["2"]);
  });
});

describe("an interrupt", () => {
  test("ends the run, empties the queue and leaves texts and outputs", async () => {
    const gate = heldBack();
    const notebook = openNotebook(["console.log('once')", "2", "3"], { before: gate.opened });
    notebook.runAll();
    await settledState(notebook, (state) => state.running !== undefined);
    notebook.interrupt();
    await settledState(notebook);
    expect(statuses(notebook)).toEqual(["interrupted", "idle", "idle"]);
    gate.open();
  });
});

describe("a restart", () => {
  test("forgets names and keeps outputs", async () => {
    const notebook = openNotebook(["const a = 1", "a"]);
    notebook.runAll();
    await settledState(notebook);
    notebook.restart();
    expect(statuses(notebook)).toEqual(["forgotten", "forgotten"]);
    expect(texts(notebook.cell("c2"))).toEqual(["1"]);
    notebook.run(["c2"]);
    await settledState(notebook);
    expect(statuses(notebook)).toEqual(["ran", "ran"]);
  });

  test("in the middle of a run lets nothing of it through", async () => {
    const gate = heldBack();
    const notebook = openNotebook(["'late'"], { before: gate.opened });
    notebook.run(["c1"]);
    await settledState(notebook, (state) => state.running !== undefined);
    notebook.restartAndRunAll();
    gate.open();
    await settledState(notebook);
    expect(statuses(notebook)).toEqual(["ran"]);
    expect(notebook.state().runs).toBe(2);
  });
});

function statuses(notebook: ReturnType<typeof openNotebook>): string[] {
  return cellsOf(notebook).map((cell) => cell.status.kind);
}

function texts(cell: SessionCell | undefined): string[] {
  const items: readonly Output[] = cell?.output.kind === "run" ? cell.output.items : [];
  return items.flatMap((item) =>
    item.kind === "result" || item.kind === "display" ? [item.bundle["text/plain"]] : [],
  );
}

describe("a lecture that is being written", () => {
  const revised = (sources: Readonly<Record<string, string>>) =>
    Object.entries(sources).map(([id, source], index) => ({
      id,
      number: index + 1,
      source,
      hasOutput: false,
    }));

  test("keeps outputs and names of cells that move, and takes new texts over", async () => {
    const notebook = openNotebook(["const a = 1", "a + 1"]);
    notebook.run(["c2"]);
    await settledState(notebook);
    notebook.revise(revised({ first: "10", c1: "const a = 1", c2: "a + 2" }));
    expect(texts(notebook.cell("c2"))).toEqual(["2"]);
    expect(notebook.cell("c2")).toMatchObject({ number: 3, source: "a + 2" });
    notebook.run(["c2"]);
    await settledState(notebook, (state) => state.runs === 3 && state.running === undefined);
    expect(texts(notebook.cell("c2"))).toEqual(["3"]);
    // What it needs was there.
    expect(notebook.cell("c1")?.lastRun?.order).toBe(1);
  });

  test("keeps what was typed into a cell, and a cell that was away comes back as it was", async () => {
    const notebook = openNotebook(["1", "2"]);
    notebook.edit("c1", "1 + 41");
    notebook.run(["c1"]);
    await settledState(notebook);
    notebook.revise(revised({ c2: "2" }));
    expect(notebook.cell("c1")).toBeUndefined();
    notebook.revise(revised({ c1: "100", c2: "2" }));
    expect(notebook.cell("c1")).toMatchObject({ source: "1 + 41", original: "100" });
    expect(texts(notebook.cell("c1"))).toEqual(["42"]);
  });
});
