import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { constantsFor } from "./constants.ts";
import { playScenario } from "./play.ts";
import { readReached, sumByGroup } from "./reached.ts";
import { crashLine, stepLine } from "./report.ts";
import { readScenarios } from "./scenario.ts";
import { bootWorld } from "./world.ts";

const corpus = join(import.meta.dirname, "../../fixtures/syscalls");
const constants = constantsFor();
const reached = readReached();

/**
 * `reached.json` names the scenarios that do not agree yet. After an advance,
 * `npm run conform:syscalls -- tests/fixtures/syscalls/*.gz --keep` raises the mark.
 */
describe("what Linux 6.18 answered", () => {
  test.each(Object.keys(reached))("holds for the scenarios of %s", { timeout: 60_000 }, (group) => {
    const scenarios = readScenarios(join(corpus, `${group}.jsonl.gz`));
    const played = scenarios.map((scenario) => playScenario(scenario, bootWorld, constants));
    const mark = reached[group];
    const now = sumByGroup(played)[group];
    const regressed = played.filter(
      ({ agrees, scenario }) => !agrees && !mark?.failures.includes(scenario.id),
    );
    expect(regressed.flatMap(firstDifference).join("\n")).toBe("");
    expect(now?.total).toBe(mark?.total);
    expect(now?.steps_agree).toBeGreaterThanOrEqual(mark?.steps_agree ?? 0);
    const advanced = mark?.failures.filter((id) => !now?.failures.includes(id)) ?? [];
    if (advanced.length > 0) console.warn(`these agree by now: ${advanced.join(", ")}`);
  });

  // Random calls with arguments of their kinds, and calls that no scenario of the corpus makes.
  test("holds for scenarios that were recorded besides", () => {
    const scenarios = readScenarios(join(corpus, "more/recorded.jsonl.gz"));
    const played = scenarios.map((scenario) => playScenario(scenario, bootWorld, constants));
    expect(played).toHaveLength(268);
    const differing = played.filter(({ agrees }) => !agrees);
    expect(differing.flatMap(firstDifference).join("\n")).toBe("");
  }, 60_000);
});

function firstDifference({ scenario, steps, crash }: ReturnType<typeof playScenario>): string[] {
  if (crash !== undefined) return [crashLine(scenario.id, crash)];
  return steps
    .filter((step) => !step.agrees)
    .slice(0, 1)
    .map((step) => stepLine(scenario.id, step));
}
