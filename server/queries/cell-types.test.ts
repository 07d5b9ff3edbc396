import { expect, test } from "vitest";
import { cellTypes } from "./cell-types.ts";

test("the editor learns the simulator's API, its constants by number, and what every cell has", async () => {
  const types = await cellTypes();
  expect(types).toMatch(/^interface Machine /m);
  expect(types).toContain("declare var boot: (options?: BootOptions) => Machine;");
  expect(types).toContain("declare var EACCES: 13;");
  expect(types).toContain("declare var display: Display;");
  expect(types).toMatch(/declare module "kernel-sim" \{[^}]*export const bpf: BpfToolkit;/);
  // A module would keep its names to itself.
  expect(types).not.toMatch(/^(export|import) /m);
});
