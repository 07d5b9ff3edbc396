/**
 * The judge as a process of its own: Deno without any permission, hidden tests, no student code.
 *
 * In: `P` test file, `S` start of a run, `A` answer of the player.
 * Out: `R` ready, `E` the test file cannot be used, `Q` question for the player, `T` one verdict,
 * `D` end of the run. `T` and `D` carry the run's nonce.
 */

import type { ExerciseDefinition } from "../exercise-api.ts";
import { openKernel } from "../kernel.ts";
import { lockRealm } from "../realm/lockdown.ts";
import type { Frame } from "../stdio/frames.ts";
import { receiveFrames, sendFrame } from "../stdio/stdio.ts";
import { catchStrayRejections } from "../worker/stray-rejections.ts";
import { judge, testsOf } from "./judge.ts";
import { loadTestFile } from "./test-file.ts";

interface Start {
  readonly nonce: string;
  readonly seeds: readonly number[];
  readonly toFirstFailure: boolean;
}

lockRealm();
const kernel = openKernel();
catchStrayRejections(() => undefined);

let definition: ExerciseDefinition | undefined;
/** Who waits for the player's next answer. */
let waiting: ((answer: string) => void) | undefined;

async function receive({ kind, text }: Frame): Promise<void> {
  if (kind === "P") await prepare(text);
  else if (kind === "A") {
    const answered = waiting;
    waiting = undefined;
    answered?.(text);
  } else if (kind === "S") void run(JSON.parse(text) as Start);
}

async function prepare(source: string): Promise<void> {
  try {
    definition = await loadTestFile(source, kernel);
    const tests = [...testsOf(definition).keys()];
    sendFrame({ kind: "R", text: JSON.stringify({ id: definition.id, tests }) });
  } catch (problem) {
    sendFrame({ kind: "E", text: problem instanceof Error ? problem.message : "unknown" });
  }
}

async function run({ nonce, seeds, toFirstFailure }: Start): Promise<void> {
  const send = (kind: string, content: object) =>
    sendFrame({ kind, text: JSON.stringify({ nonce, ...content }) });
  const answer = () => new Promise<string>((resolve) => (waiting = resolve));
  try {
    if (definition === undefined) throw new Error("no tests");
    const loaded = answer();
    const end = await judge({
      definition,
      seeds,
      loaded,
      ask: (question) => {
        const answered = answer();
        sendFrame({ kind: "Q", text: question });
        return answered;
      },
      onVerdict: (verdict) => send("T", verdict),
      isPublic: false,
      toFirstFailure,
    });
    send("D", end);
  } catch (problem) {
    send("D", { kind: "broken", message: problem instanceof Error ? problem.message : "unknown" });
  }
}

sendFrame({ kind: "R", text: "" });
await receiveFrames(receive);
