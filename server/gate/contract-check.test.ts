import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { checkContracts } from "./contract-check.ts";

// The compiler starts once for each case, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

const CONTRACT = `import type { Program } from "kernel-sim";
export interface Submission { readonly sum: (a: number) => number; readonly program: Program }
`;
const FITS = `import { bpf } from "kernel-sim";
import type { Submission } from "./contract.ts";
export const sum: Submission["sum"] = (a) => a;
export const program = bpf.asm\`r0 = 0; exit\`;
`;

function exerciseWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-contract-"));
  made.push(folder);
  mkdirSync(join(folder, "mutants"));
  const all = { "contract.ts": CONTRACT, "solution.ts": FITS, "starter.ts": FITS, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

test("files that fit their contract are no problem, mutants as if they lay beside it", async () => {
  expect(await checkContracts([exerciseWith({ "mutants/wrong.ts": FITS })])).toEqual([]);
});

test("an export that does not fit, a missing one and a slip in the types are told", async () => {
  const folder = exerciseWith({
    "solution.ts": FITS.replace("(a) => a", '(a) => "a"'),
    "starter.ts": FITS.replace("export const program", "const program"),
    "mutants/wrong.ts": FITS.replace("bpf.asm", "bpf.assemble"),
  });
  const problems = await checkContracts([folder]);
  expect(problems.sort()).toEqual([
    expect.stringMatching(/mutants\/wrong\.ts:4: Property 'assemble' does not exist/),
    expect.stringMatching(/solution\.ts:3: Type 'string' is not assignable/),
    expect.stringMatching(/starter\.ts:1: does not fit contract\.ts: .*'program' is missing/),
  ]);
});

test("what an exercise may import is no problem, a file of another folder is one", async () => {
  const importing = (from: string) =>
    exerciseWith({
      "hidden.test.ts": `import * as all from "${from}";\nexport const kept = all;\n`,
    });
  for (const allowed of ["./solution.ts", "kernel-sim", "exercise", "course-data"]) {
    expect(await checkContracts([importing(allowed)])).toEqual([]);
  }
  const elsewhere = exerciseWith({});
  expect(await checkContracts([importing(join(elsewhere, "solution.ts"))])).toEqual([
    expect.stringContaining("imports a file of another folder"),
  ]);
});
