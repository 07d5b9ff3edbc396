/**
 * `npm run -s bench -- [NAME] [--check]` runs the benchmarks of `tests/bench`, one after the other.
 * The last line is one JSON object, a figure a key; `--check` compares with what is to be reached.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LIMITS, reaches, verdictOn } from "./bench-limits.ts";

/** A file of `tests/bench`: figures by name, the unit at the end of each. */
interface Bench {
  readonly name: string;
  readonly bench: () => Promise<Record<string, number>>;
}

const folder = join(import.meta.dirname, "../tests/bench");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const benches = await loadBenches();
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  const known = benches.map(({ name }) => name).join(", ");
  console.error(`no such benchmark: ${unknown.join(", ")}; there are ${known}`);
  process.exit(2);
}

const figures: Record<string, number> = {};
for (const { name, bench } of benches) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`--- ${name}`);
  const measured = await bench();
  for (const [key, value] of Object.entries(measured)) {
    console.error(`${key}  ${value}${verdictOn(LIMITS[key], value)}`);
  }
  Object.assign(figures, measured);
}

// A limit that no benchmark answers to is missed, too.
const due = wanted.length > 0 ? Object.keys(figures) : [...Object.keys(figures), ...absent()];
if (process.argv.includes("--check") && due.some(isMissed)) process.exitCode = 1;
console.log(JSON.stringify(figures));

async function loadBenches(): Promise<Bench[]> {
  const files = readdirSync(folder).filter((file) => /^[^.]+\.ts$/.test(file));
  return Promise.all(files.sort().map((file): Promise<Bench> => import(join(folder, file))));
}

function absent(): string[] {
  const keys = Object.keys(LIMITS).filter((key) => !(key in figures));
  if (wanted.length === 0) for (const key of keys) console.error(`${key}  nobody has measured it`);
  return keys;
}

function isMissed(key: string): boolean {
  const limit = LIMITS[key];
  return limit !== undefined && !reaches(limit, figures[key]);
}
