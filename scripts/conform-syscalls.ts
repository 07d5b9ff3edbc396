/**
 * Plays files of the system call corpus on the simulated kernel and prints, as its last line, one
 * JSON object with what agrees with the recorded Linux.
 *
 *   npm run -s conform:syscalls -- FILE... [--verbose] [--only ID,ID] [--first] [--steps]
 *                                          [--by-group] [--missing] [--keep]
 *
 * `--verbose` (`-v`) prints each step that differs in one line, `--first` only the first one of a
 * scenario, `--steps` those that agree too; `--only` plays these scenarios (`pipe-*` names all that
 * begin so); `--by-group` prints a line for each group; `--missing` the calls that answer ENOSYS;
 * `--keep` makes what was reached the mark that `npm test` holds.
 */
import { parseArgs } from "node:util";
import { constantsFor } from "../tests/conformance/syscalls/constants.ts";
import { addPlayed, emptyConformance } from "../tests/conformance/syscalls/corpus.ts";
import { type Played, playScenario } from "../tests/conformance/syscalls/play.ts";
import { keepReached } from "../tests/conformance/syscalls/reached.ts";
import {
  crashLine,
  groupTable,
  missingCalls,
  stepLine,
} from "../tests/conformance/syscalls/report.ts";
import { readScenarios, type Scenario } from "../tests/conformance/syscalls/scenario.ts";
import { bootWorld } from "../tests/conformance/syscalls/world.ts";

const { values: options, positionals: files } = readArguments();
const wanted = options.only?.split(",");
const sum = emptyConformance();
const played: Played[] = [];

for (const file of files) {
  const constants = constantsFor(file);
  for (const scenario of readScenarios(file).filter(isWanted)) {
    const one = playScenario(scenario, bootWorld, constants);
    addPlayed(sum, one);
    played.push(one);
    show(one);
  }
}
if (options["by-group"]) for (const line of groupTable(played)) console.log(line);
if (options.missing) for (const line of missingCalls(played)) console.log(line);
if (options.keep) keepReached(played);
console.log(JSON.stringify(sum));

function readArguments() {
  const usage =
    "usage: npm run -s conform:syscalls -- FILE... [--verbose] [--only ID,ID] [--first] [--steps] [--by-group] [--missing] [--keep]";
  try {
    const read = parseArgs({
      allowPositionals: true,
      options: {
        verbose: { type: "boolean", short: "v", default: false },
        only: { type: "string" },
        first: { type: "boolean", default: false },
        steps: { type: "boolean", default: false },
        "by-group": { type: "boolean", default: false },
        missing: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
      },
    });
    if (read.positionals.length > 0) return read;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(usage);
  process.exit(2);
}

function isWanted({ id }: Scenario): boolean {
  if (wanted === undefined) return true;
  return wanted.some((name) =>
    name.endsWith("*") ? id.startsWith(name.slice(0, -1)) : id === name,
  );
}

function show({ scenario, steps, agrees, crash, problems }: Played): void {
  if (!options.verbose && !options.first && !options.steps) return;
  if (agrees && !options.steps) return;
  console.log(`--- ${scenario.id} ${agrees ? "agrees" : "differs"}: ${scenario.note ?? ""}`);
  for (const problem of problems)
    console.log(`${scenario.id} while the world was prepared: ${problem}`);
  const differing = steps.filter((step) => !step.agrees);
  const shown = options.steps ? steps : options.first ? differing.slice(0, 1) : differing;
  for (const step of shown) console.log(stepLine(scenario.id, step));
  if (crash !== undefined) console.log(crashLine(scenario.id, crash));
}
