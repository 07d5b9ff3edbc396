import type { Insn, RefusalExplanation, VerifierStep } from "../../api.ts";
import { callRules } from "./call-rules.ts";
import { errnoRules } from "./errno-rules.ts";
import { kernelObjectRules } from "./kernel-object-rules.ts";
import { layoutRules } from "./layout-rules.ts";
import { memoryRules } from "./memory-rules.ts";
import { numberRules } from "./number-rules.ts";
import { objectRules } from "./object-rules.ts";
import { pointerRules } from "./pointer-rules.ts";
import { privilegeRules } from "./privilege-rules.ts";
import { filled, type RefusalRule } from "./refusal-rule.ts";
import { RefusalSite } from "./refusal-site.ts";
import { relocationRules } from "./relocation-rules.ts";
import { openSection, unreleased } from "./still-held.ts";
import { targetRules } from "./target-rules.ts";

/** The first that fits says it. */
const RULES: readonly RefusalRule[] = [
  ...privilegeRules,
  ...memoryRules,
  ...pointerRules,
  ...numberRules,
  ...callRules,
  ...objectRules,
  ...layoutRules,
  ...kernelObjectRules,
  ...relocationRules,
  ...targetRules,
];

/** Said of a register that should be a pointer, and perhaps was. */
const LOST = /!read_ok$|invalid mem access 'scalar'$|type=scalar expected=/;

/**
 * What a refusal means: the rule, the value that broke it, where that came from, and a repair.
 *
 * @param message the verifier's own line; "": it has given none, and the errno alone speaks
 * @param errno positive
 * @param insns by slot
 * @param steps as recorded; of a check that is longer, the start alone: then value and origin stay ""
 * @param log the verifier's, where it knows more than its last line
 * @returns undefined for a message that no rule is known for
 */
export function explainRefusal(
  message: string,
  errno: number,
  insns: readonly Insn[],
  steps: readonly VerifierStep[],
  log = "",
): RefusalExplanation | undefined {
  const rules = message === "" ? errnoRules(errno) : RULES;
  for (const { message: pattern, rule, repair, blame } of rules) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const groups = match.groups ?? {};
    const site = new RefusalSite(insns, steps);
    const held = message.endsWith("reference leak")
      ? unreleased(log, site.way)
      : openSection(message, site.way);
    if (held !== undefined) {
      const { value, origin } = held;
      const { repair: own = filled(repair, groups) } = held;
      return Object.freeze({ message, rule: filled(rule, groups), value, origin, repair: own });
    }
    const named = groups["reg"];
    const regno =
      named !== undefined ? Number(named) : blame === undefined ? undefined : site.blamed(blame);
    const origin = regno === undefined ? undefined : site.origin(regno);
    const isLost = LOST.test(message) && origin?.repair !== undefined;
    return Object.freeze({
      message,
      rule: filled(rule, groups),
      value: regno === undefined ? "" : site.value(regno),
      origin: origin?.text ?? "",
      repair: isLost ? origin.repair : filled(repair, groups),
    });
  }
  return undefined;
}
