/**
 * The judge as a process of its own: Deno without any permission, hidden tests, no student code.
 *
 * In: `P` test file, `S` start of a run, `A` answer of the player.
 * Out: `R` ready, `E` the test file cannot be used, `Q` question for the player, `T` one verdict,
 * `D` end of the run. `T` and `D` carry the run's nonce.
 */

import { courseData } from "../course-data.ts";
import type { ExerciseDefinition } from "../exercise-api.ts";
import { openKernel } from "../kernel.ts";
import { lockRealm } from "../realm/lockdown.ts";
import { nextTurn } from "../realm/settle.ts";
import type { Frame } from "../stdio/frames.ts";
import { nextFrame, receiveFrames, sendFrame } from "../stdio/stdio.ts";
import { catchStrayRejections } from "../worker/stray-rejections.ts";
import { judge, testsOf } from "./judge.ts";
import { loadTestFile } from "./test-file.ts";

interface Start {
  readonly nonce: string;
  readonly seeds: readonly number[];
  readonly apart?: readonly number[];
  readonly toFirstFailure: boolean;
  readonly only?: readonly string[];
}

lockRealm();
const kernel = openKernel(courseData);
catchStrayRejections(() => undefined);

let definition: ExerciseDefinition | undefined;

async function receive({ kind, text }: Frame): Promise<void> {
  if (kind === "P") await prepare(text);
  else if (kind === "S") await run(JSON.parse(text) as Start);
  // What a run has left behind is let go of.
  await nextTurn();
}

/** What the player says next: to a question, or first of all to the submission. */
function answer(): string {
  const { kind, text } = nextFrame();
  if (kind !== "A") throw new Error(`a frame ${kind} in place of an answer`);
  return text;
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

async function run({ nonce, seeds, apart, toFirstFailure, only }: Start): Promise<void> {
  const send = (kind: string, content: object) =>
    sendFrame({ kind, text: JSON.stringify({ nonce, ...content }) });
  try {
    if (definition === undefined) throw new Error("no tests");
    const askNow = (question: string): string => {
      sendFrame({ kind: "Q", text: question });
      return answer();
    };
    const end = await judge({
      definition,
      seeds,
      apart,
      loaded: Promise.resolve(answer()),
      ask: async (question) => askNow(question),
      askNow,
      onVerdict: (verdict) => send("T", verdict),
      isPublic: false,
      toFirstFailure,
      only,
    });
    send("D", end);
  } catch (problem) {
    send("D", { kind: "broken", message: problem instanceof Error ? problem.message : "unknown" });
  }
}

sendFrame({ kind: "R", text: "" });
await receiveFrames(receive);
