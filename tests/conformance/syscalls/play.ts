import { AT_CALLS } from "./at-calls.ts";
import { isDeepEqual } from "./compare.ts";
import type { Constants } from "./constants.ts";
import { Player, StepRefused, type StepResult } from "./player.ts";
import type { BootWorld } from "./port.ts";
import type { Scenario, Step } from "./scenario.ts";

/** One step as it was played. */
export interface PlayedStep {
  readonly index: number;
  readonly step: Step;
  readonly agrees: boolean;
  readonly got: unknown;
}

/** One scenario as it was played. */
export interface Played {
  readonly scenario: Scenario;
  readonly steps: readonly PlayedStep[];
  readonly agrees: boolean;
  /** What stopped the machine itself, if something did. */
  readonly crash: unknown;
  /** What was not as it should be when the first step was played. */
  readonly problems: readonly string[];
}

/** What breaks more often than this has left nothing to be tried. */
const CRASHES_MAX = 3;

/** Plays the steps of a scenario on a fresh machine; after a difference the rest still runs. */
export function playScenario(scenario: Scenario, boot: BootWorld, constants: Constants): Played {
  const steps: PlayedStep[] = [];
  const crashes: unknown[] = scenario.broken === undefined ? [] : [new Error(scenario.broken)];
  const player = crashes.length > 0 ? undefined : begin(scenario, boot, constants, crashes);
  for (const [index, step] of scenario.steps.entries()) {
    const canTry = player !== undefined && crashes.length < CRASHES_MAX;
    const got = canTry ? attempt(player, step, crashes) : { untried: true };
    steps.push({ index, step, agrees: isDeepEqual(got, step.r), got });
  }
  const problems = player?.world.problems ?? [];
  const agrees = crashes.length === 0 && steps.every((step) => step.agrees);
  return { scenario, steps, agrees, crash: crashes[0], problems };
}

function begin(
  scenario: Scenario,
  boot: BootWorld,
  constants: Constants,
  crashes: unknown[],
): Player | undefined {
  try {
    const player = new Player(boot(scenario.setup?.files ?? []), constants);
    for (const [name, options] of Object.entries(scenario.start)) {
      player.add(name, player.world.start(name, options));
    }
    player.world.run();
    return player;
  } catch (error) {
    crashes.push(error);
    return undefined;
  }
}

function attempt(player: Player, step: Step, crashes: unknown[]): StepResult {
  try {
    return playStep(player, step);
  } catch (error) {
    if (error instanceof StepRefused) return { refused: error.message };
    crashes.push(error);
    return { threw: String(error) };
  }
}

function playStep(player: Player, step: Step): StepResult {
  if (!step.call.startsWith("@")) return player.syscall(step);
  const call = AT_CALLS[step.call];
  if (call === undefined) throw new StepRefused(`there is no ${step.call}`);
  return call(player, step);
}
