/** Whether the files of exercises are typed as their `contract.ts` says, by the TypeScript compiler. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { constants } from "#kernel-sim";
import { checkout } from "../config.ts";
import { usageOf } from "../grading/sandbox/usage.ts";

/** Problems as `file:line: what: remedy`. */
export async function checkContracts(
  exerciseFolders: readonly string[],
  limits: Partial<CompileLimits> = {},
): Promise<string[]> {
  const folders = exerciseFolders.filter((folder) => existsSync(join(folder, "contract.ts")));
  if (folders.length === 0) return [];
  const cache = join(checkout(), "node_modules/.cache/kernelbook");
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "contracts-"));
  try {
    // By the copy that the compiler sees.
    const files = new Map<string, string>();
    // By number: an exercise may have any name, that of a file which lies here, too.
    for (const [n, folder] of folders.entries()) lay(folder, join(work, `exercise-${n}`), files);
    writeFileSync(join(work, "kernel-sim.ts"), KERNEL_SIM);
    writeFileSync(join(work, "tsconfig.json"), JSON.stringify(SETTINGS));
    const output = await compile(work, { ...COMPILE_LIMITS, ...limits });
    const all = (problem: string) =>
      folders.map((folder) => `${relative(checkout(), join(folder, "contract.ts"))}:1: ${problem}`);
    if (output === undefined) {
      return all(
        "the types take too long or too much memory to check, or too much is wrong: make them simpler",
      );
    }
    // Not what it says of them, which may hold what is written there.
    if (readsElsewhere(output, work)) {
      return all(
        'something here imports a file of another folder: import "./…", "kernel-sim", "exercise" or "course-data"',
      );
    }
    return output.split("\n").flatMap((line) => problemIn(line, work, files));
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Copies an exercise so that each mutant stands where a submission does: beside the contract. */
function lay(folder: string, copy: string, files: Map<string, string>): void {
  const isOwn = (source: string) => source === folder || source.endsWith(".ts");
  cpSync(folder, copy, { recursive: true, filter: isOwn });
  for (const name of readdirSync(folder)) files.set(join(copy, name), join(folder, name));
  const submissions = ["starter.ts", "solution.ts"].filter((name) => files.has(join(copy, name)));
  const mutants = join(folder, "mutants");
  for (const name of existsSync(mutants) ? readdirSync(mutants) : []) {
    const placed = `mutant--${name}`;
    cpSync(join(mutants, name), join(copy, placed));
    files.set(join(copy, placed), join(mutants, name));
    submissions.push(placed);
  }
  for (const name of submissions) {
    const check = `check--${name}`;
    writeFileSync(join(copy, check), checkOf(name));
    files.set(join(copy, check), files.get(join(copy, name)) ?? "");
  }
}

function checkOf(name: string): string {
  return `import type { Submission } from "./contract.ts";
import * as submission from "./${name}";
submission satisfies Submission;
`;
}

/** What exercises import as `kernel-sim`: its door, and its constants by name. */
const KERNEL_SIM = [
  `export * from ${JSON.stringify(join(checkout(), "kernel-sim/index.ts"))};`,
  ...Object.entries(constants).map(([name, value]) => `export declare const ${name}: ${value};`),
].join("\n");

/** The settings of the sample course's own files, for a course that may lie anywhere. */
const SETTINGS = {
  extends: join(checkout(), "content/tsconfig.json"),
  compilerOptions: {
    incremental: false,
    // Students' code is not held to it.
    noUnusedLocals: false,
    paths: {
      "kernel-sim": ["./kernel-sim.ts"],
      "course-data": [join(checkout(), "notebook/document/index.ts")],
      exercise: [join(checkout(), "notebook/runtime/exercise-module.ts")],
    },
  },
  include: ["*/*.ts", join(checkout(), "content/globals.d.ts")],
};

interface CompileLimits {
  readonly msMax: number;
  readonly memoryMiBMax: number;
}

/** Types can compute, and without an end. The whole course takes some seconds and 400 MiB. */
const COMPILE_LIMITS: CompileLimits = { msMax: 120_000, memoryMiBMax: 1024 };
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const WATCH_MS = 50;

/** What the compiler says, and which files it has read; undefined: it was ended. */
function compile(
  work: string,
  { msMax, memoryMiBMax }: CompileLimits,
): Promise<string | undefined> {
  const tsc = join(checkout(), "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", ".", "--pretty", "false", "--listFiles"];
  return new Promise((done, failed) => {
    // A group of its own: the compiler proper is a child of this one.
    const child = spawn(process.execPath, args, {
      cwd: work,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
      env: compilerEnv(memoryMiBMax),
    });
    let output = "";
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      done(undefined);
    };
    const clock = setTimeout(end, msMax);
    const watch = setInterval(() => {
      if (child.pid !== undefined && usageOf(child.pid).rssMiB > memoryMiBMax) end();
    }, WATCH_MS);
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      output += piece;
      if (output.length > OUTPUT_BYTES_MAX) end();
    });
    child.on("error", failed);
    child.on("close", () => {
      clearTimeout(clock);
      clearInterval(watch);
      done(output);
    });
  });
}

/** Its whole environment: it tries to stay below, and what it cannot free is seen from outside. */
function compilerEnv(memoryMiBMax: number): NodeJS.ProcessEnv {
  const env = { GOMEMLIMIT: `${Math.floor(memoryMiBMax * 0.75)}MiB` };
  return env as unknown as NodeJS.ProcessEnv;
}

/** What every exercise's types stand on. Not all of `node_modules`: other courses are copied into it. */
const SHARED = [
  "kernel-sim",
  "notebook",
  "content/globals.d.ts",
  "node_modules/typescript",
  "node_modules/@typescript",
  "node_modules/@types",
];

/** Whether an exercise's files have made the compiler read something that is not theirs to read. */
function readsElsewhere(output: string, work: string): boolean {
  const places = [work, ...SHARED.map((place) => join(checkout(), place))];
  return output
    .split("\n")
    .filter((line) => line.startsWith("/") && !line.includes("): error "))
    .some((file) => !places.some((place) => file === place || file.startsWith(`${place}/`)));
}

function problemIn(line: string, work: string, files: ReadonlyMap<string, string>): string[] {
  const [, seen, at, message] = /^(.+?)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
  if (seen === undefined) return [];
  const placed = resolve(work, seen);
  const file = files.get(placed);
  // The simulator's own files are checked with its own settings.
  if (file === undefined) return [];
  const name = relative(checkout(), file);
  if (basename(placed).startsWith("check--")) {
    return [`${name}:1: does not fit contract.ts: ${message} Mend its exports`];
  }
  return [`${name}:${at}: ${message} Mend the types`];
}
