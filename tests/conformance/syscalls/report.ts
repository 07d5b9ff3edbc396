import { isDeepEqual } from "./compare.ts";
import { show } from "./forms/form.ts";
import type { Played, PlayedStep } from "./play.ts";
import { sumByGroup } from "./reached.ts";

const ARGS_SHOWN_MAX = 120;
const VALUE_SHOWN_MAX = 260;

/** One line for a step: who did what, what Linux answered, what came instead. */
export function stepLine(id: string, { index, step, agrees, got }: PlayedStep): string {
  const args = (step.args ?? []).map(show).join(", ");
  const saved = step.as ?? step.save;
  const name = saved === undefined ? "" : ` -> ${saved}`;
  const call = `${id} #${index} ${step.p} ${step.call}(${cut(args, ARGS_SHOWN_MAX)})${name}`;
  if (agrees) return `${call}  =  ${cut(show(got), VALUE_SHOWN_MAX)}`;
  const [expected, instead] = whatDiffers(step.r, got);
  return `${call}  expected ${cut(show(expected), VALUE_SHOWN_MAX)}  got ${cut(show(instead), VALUE_SHOWN_MAX)}`;
}

function cut(text: string | undefined, max: number): string {
  const whole = text ?? "nothing";
  return whole.length <= max ? whole : `${whole.slice(0, max)}…`;
}

/** Both values without the fields in which they agree. */
export function whatDiffers(expected: unknown, got: unknown): [unknown, unknown] {
  if (!isPlainObject(expected) || !isPlainObject(got)) return [expected, got];
  const left: Record<string, unknown> = {};
  const right: Record<string, unknown> = {};
  for (const field of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    if (isDeepEqual(expected[field], got[field])) continue;
    const [a, b] = whatDiffers(expected[field], got[field]);
    if (field in expected) left[field] = a;
    if (field in got) right[field] = b;
  }
  return [left, right];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where the machine itself broke, in one line. */
export function crashLine(id: string, crash: unknown): string {
  const error = crash instanceof Error ? crash : new Error(String(crash));
  const places = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.trim().startsWith("at "))
    .slice(0, 4)
    .map((line) => /([^/\s(]+\/[^/]+:\d+):\d+\)?$/.exec(line)?.[1] ?? line.trim());
  return `${id} THREW ${error.name}: ${error.message.split("\n")[0]}  at ${places.join(" < ")}`;
}

/** Groups with what agrees in them, a line each. */
export function groupTable(played: readonly Played[]): string[] {
  return Object.entries(sumByGroup(played)).map(
    ([group, { agree, total, steps, steps_agree }]) =>
      `${group.padEnd(10)} ${fraction(agree, total)}   steps ${fraction(steps_agree, steps)}`,
  );
}

function fraction(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  return `${`${part}/${whole}`.padStart(11)} ${percent.toFixed(1).padStart(5)} %`;
}

/** The calls that the kernel does not have, though Linux does, with how often they were missed. */
export function missingCalls(played: readonly Played[]): string[] {
  const missed = new Map<string, { steps: number; scenarios: Set<string> }>();
  for (const { scenario, steps } of played) {
    for (const { step, agrees, got } of steps) {
      if (agrees || !isPlainObject(got) || got["err"] !== "ENOSYS") continue;
      const entry = missed.get(step.call) ?? { steps: 0, scenarios: new Set() };
      entry.steps++;
      entry.scenarios.add(scenario.id);
      missed.set(step.call, entry);
    }
  }
  return [...missed]
    .sort(([, a], [, b]) => b.scenarios.size - a.scenarios.size)
    .map(
      ([call, { steps, scenarios }]) => `${call}: ${steps} steps of ${scenarios.size} scenarios`,
    );
}
