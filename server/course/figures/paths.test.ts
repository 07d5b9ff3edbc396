import { expect, test } from "vitest";
import { boot, bpf } from "#kernel-sim";
import { pathPlaces, pathsOf } from "./paths.ts";

const { steps } = boot().bpf.verify({
  type: "xdp",
  program: bpf.asm(`
      r0 = *(u32 *)(r1 +12)
      if r0 > 1 goto out
      if r0 s> 2 goto out
      r0 = 1
    out:
      exit`),
});

test("what was put aside last is taken up first", () => {
  expect(pathsOf(steps)).toEqual([{}, { branchedAt: 1 }]);
});

test("paths are counted in the order in which they are walked", () => {
  expect([...pathPlaces(steps).values()]).toEqual([0, 1]);
});
