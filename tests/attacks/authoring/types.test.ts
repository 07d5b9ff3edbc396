/** Files of an exercise that attack the compiler which checks their types. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkContracts } from "../../../server/gate/contract-check.ts";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

const CONTRACT = "export interface Submission { readonly sum: (a: number) => number }\n";
const FITS = "export const sum = (a: number) => a;\n";

test.each([
  { name: "an import", line: (file: string) => `import { word } from ${JSON.stringify(file)};` },
  {
    name: "a reference",
    line: (file: string) => `/// <reference path=${JSON.stringify(file)} />`,
  },
  {
    name: "the type of an import",
    line: (file: string) => `const word: typeof import(${JSON.stringify(file)}).word = 1;`,
  },
])("$name of a file elsewhere tells its author nothing of that file", async ({ line }) => {
  const secret = join(
    folderWith({ "secret.ts": 'export const word = "CANARY-types";\n' }),
    "secret.ts",
  );
  const text = `${line(secret)}\nexport const no: number = word;\n${FITS}`;
  const problems = await checkContracts([exerciseWith({ "solution.ts": text })]);
  expect(problems).toEqual([
    expect.stringMatching(/contract\.ts:1: something here imports a file/),
  ]);
});

test("types that fill the memory are ended, and told", async () => {
  const greedy = `type D = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
${Array.from({ length: 400 }, (_, n) => `export let v${n}: \`${n}:\${D}\${D}\${D}\${D}\${Exclude<D, "0">}\`;`).join("\n")}
${FITS}`;
  const problems = await checkContracts([exerciseWith({ "solution.ts": greedy })]);
  expect(problems).toEqual([
    expect.stringMatching(/contract\.ts:1: the types take too long or too much memory/),
  ]);
});

test("types that compute without an end are ended, and told", async () => {
  const endless = `type Grow<T extends unknown[]> = T["length"] extends 999999 ? T : Grow<[...T, ...T, 1]>;
export type All = Grow<[1]>;
${FITS}`;
  // The limit is so short that any compilation meets it.
  const problems = await checkContracts([exerciseWith({ "solution.ts": endless })], {
    msMax: 1,
  });
  expect(problems).toEqual([expect.stringMatching(/contract\.ts:1: the types take too long/)]);
});

function exerciseWith(files: Readonly<Record<string, string>>): string {
  return folderWith({ "contract.ts": CONTRACT, "solution.ts": FITS, "starter.ts": FITS, ...files });
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-types-"));
  made.push(folder);
  mkdirSync(join(folder, "mutants"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
