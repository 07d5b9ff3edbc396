import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { constantsFor } from "./constants.ts";
import { playScenario } from "./play.ts";
import { readScenarios, type Scenario } from "./scenario.ts";
import { SimWorld } from "./world.ts";

const corpus = join(import.meta.dirname, "../../fixtures/syscalls");
const constants = constantsFor();

/** A digest of every event of a scenario: what happened, when, on which CPU and with which values. */
function traceOf(scenario: Scenario): string {
  const hash = createHash("sha256");
  const worlds: SimWorld[] = [];
  playScenario(
    scenario,
    (files) => {
      const world = new SimWorld(files);
      worlds.push(world);
      return world;
    },
    constants,
  );
  for (const { kernel } of worlds) {
    for (const event of kernel.trace.events()) hash.update(JSON.stringify(event, digits));
    hash.update(String(kernel.now()));
  }
  return hash.digest("hex");
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

test.each(["dir", "pipe", "process", "signal", "memory", "unix"])(
  "a scenario of %s leaves the same trace each time it is played",
  (group) => {
    const scenarios = readScenarios(join(corpus, `${group}.jsonl.gz`));
    for (const scenario of scenarios.filter((_, i) => i % 10 === 3)) {
      expect(traceOf(scenario), scenario.id).toBe(traceOf(scenario));
    }
  },
);
