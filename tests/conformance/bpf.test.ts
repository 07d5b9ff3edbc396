import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkCorpus, readCorpus } from "./bpf-corpus.ts";
import { compareWithKernel } from "./linux-bpf/compare.ts";

const corpus = join(import.meta.dirname, "../fixtures/bpf");
const read = (name: string) => readCorpus(join(corpus, `${name}.jsonl.gz`));

const checked = new Map<string, ReturnType<typeof checkOnce>>();

/** Several tests ask about one file. */
function check(name: string) {
  const known = checked.get(name) ?? checkOnce(name);
  checked.set(name, known);
  return known;
}

/** Differences in one line each, so that a failure says what to look at. */
function checkOnce(name: string) {
  const differences: string[] = [];
  const result = checkCorpus(read(name), (id, difference) =>
    differences.push(`${id}: ${difference.slice(0, 200)}`),
  );
  return { ...result, differences: differences.join("\n") };
}

describe("what Linux 6.18 answered", () => {
  test("holds for every run of the instruction set", () => {
    const { runs, runs_total, differences } = check("alu");
    expect(runs_total).toBe(675);
    expect(runs, differences).toBe(runs_total);
  });

  test.each([
    { name: "maps", count: 2696 },
    // Random walks over maps that give elements up, and over tries (record-map-walks.py).
    { name: "map-walks", count: 9701 },
    // The same over all types, with odd attributes and batches (linux-bpf/map_walks.py with seed 5).
    { name: "map-type-walks", count: 10997 },
  ])("holds for every operation of $name", ({ name, count }) => {
    const { map_ops, map_ops_total, differences } = check(name);
    expect(map_ops_total).toBe(count);
    expect(map_ops, differences).toBe(map_ops_total);
  });

  test.each([
    { name: "accept", count: 633 },
    { name: "fuzz", count: 779 },
    { name: "kfuncs", count: 945 },
  ])("holds for every run of $name", ({ name, count }) => {
    const { runs, runs_total, differences } = check(name);
    expect(runs_total).toBe(count);
    expect(runs, differences).toBe(runs_total);
  });

  test.each([
    { name: "accept", programs: 492, verdicts: 492, lines: 0 },
    { name: "alu", programs: 248, verdicts: 248, lines: 0 },
    { name: "reject", programs: 694, verdicts: 694, lines: 694 },
    { name: "fuzz", programs: 547, verdicts: 547, lines: 278 },
    // Every helper with arguments of every kind.
    { name: "helpers", programs: 4202, verdicts: 4202, lines: 4046 },
    // Pointers to objects in values of maps: loads, stores, exchanges, with and without types.
    { name: "kptrs", programs: 106, verdicts: 106, lines: 78 },
    // Every field of every context, what pointers in there lead to, and every answer.
    { name: "contexts", programs: 2218, verdicts: 2218, lines: 2032 },
    // Dynptrs, iterators, sections, locks, lists and trees (linux-bpf/record.py).
    { name: "kfuncs", programs: 1172, verdicts: 1172, lines: 210 },
  ])("holds for what the verifier says of $name", ({ name, programs, verdicts, lines }) => {
    const { total, verdict, error_line, differences } = check(name);
    expect(total).toBe(programs);
    expect(verdict, differences).toBe(verdicts);
    expect(error_line, differences).toBe(lines);
  });

  test("holds for functions, callbacks and exceptions", () => {
    const { verdict, error_line, error_lines_total, runs, differences } = check("calls");
    expect([verdict, runs], differences).toEqual([284, 316]);
    expect(error_line, differences).toBe(error_lines_total);
  });

  test.each([
    // Around one rule each, some shrunk by the fuzzer, some compiled from C, some garbage (oracle:bpf).
    "found",
    // One small program or more for each rule that the kernel's own tests showed to differ.
    "rules",
    // Families around the rules that the groups of the kernel's own verifier tests circle (oracle:bpf).
    "groups",
    // Casts, arithmetic, accesses to pages that are there or not, pages asked for and given back.
    "arena",
    // Attached to tracepoints, iterators and members of tables that are named by BTF.
    "targets",
    // Into the structures of maps of all types, and where pointers in there lead.
    "map-structs",
    // With relocations against the types of the kernel.
    "core-relo",
    // Test runs of what stands behind bpf_dummy_ops.
    "struct-ops",
  ])("holds for the programs of %s, with every line of the log", (name) => {
    const differences = read(name).flatMap((record) => {
      const difference = compareWithKernel(record);
      return difference === undefined
        ? []
        : [`${record.id}: ${difference.kind}: ${difference.text}`];
    });
    expect(differences).toEqual([]);
  });
});
