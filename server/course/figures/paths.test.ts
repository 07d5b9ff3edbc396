import { expect, test } from "vitest";
import { bpf, type VerifierStep } from "#kernel-sim";
import { pathPlaces, pathsOf } from "./paths.ts";

const { insns } = bpf.asm(`
    if r1 > 1 goto out
    if r1 > 2 goto out
    r0 = 1
  out:
    exit`);

/** Instruction, path and the path it came from, in the order in which they are processed. */
function steps(...rows: [insnIndex: number, path: number, parentPath?: number][]): VerifierStep[] {
  return rows.map(([insnIndex, path, parentPath], index) => ({
    index,
    insnIndex,
    insn: "",
    path,
    parentPath,
    before: {},
    after: {},
    stack: {},
  }));
}

test("what was put aside last is taken up first", () => {
  const walk = steps([0, 0], [1, 0], [2, 0], [3, 0], [3, 4, 0], [3, 7, 0]);
  expect(pathsOf(walk, insns)).toEqual([{}, { branchedAt: 1 }, { branchedAt: 0 }]);
});

test("paths are counted in the order in which they are walked", () => {
  const walk = steps([0, 0], [1, 0], [3, 4, 0], [3, 7, 0]);
  expect([...pathPlaces(walk)]).toEqual([
    [0, 0],
    [4, 1],
    [7, 2],
  ]);
});
