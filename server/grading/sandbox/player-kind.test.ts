import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readExercises } from "../../course/exercise.ts";
import { playerKindFor } from "./player-kind.ts";

test.each([
  "export const read = function* (sys) {};",
  "export const programs = { *read(sys) {} };",
  "export class Programs { *#read() {} }",
  "export const machine = boot();",
  'import * as kernel from "kernel-sim";',
  "export const found = globalThis[name];",
  "export const hidden = b\\u006fot();",
  "export const code = i386.assemble(``);",
])("%s gets the whole player", (source) => {
  expect(playerKindFor(source)).toBe("player");
});

test("pure functions and BPF programs need no kernel, as in lecture 11", () => {
  const folders = readExercises().filter(({ manifest }) => manifest.number.startsWith("E11."));
  const kinds = folders.map(({ folder }) =>
    playerKindFor(readFileSync(join(folder, "solution.ts"), "utf8")),
  );
  expect(kinds).toEqual(folders.map(() => "bpf-player"));
});
