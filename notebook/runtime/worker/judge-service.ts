/** Serves the judge of visible tests: holds the test file, and no student code. */

import { judge } from "../judge/judge.ts";
import { loadTestFile } from "../judge/test-file.ts";
import type { RealmOptions } from "../realm/realm.ts";
import { catchStrayRejections } from "./stray-rejections.ts";
import type { FromJudge, ToJudge } from "./test-messages.ts";

type Start = Extract<ToJudge, { type: "start" }>;

export function serveJudge(kernel: RealmOptions, port: MessagePort): void {
  const send = (message: FromJudge) => port.postMessage(JSON.stringify(message));
  const answers = new AnswerQueue();
  catchStrayRejections(() => undefined);
  port.onmessage = ({ data }: MessageEvent<ToJudge>) => {
    if (data.type === "answer") answers.put(data.text);
    else void run(data, kernel, answers, send);
  };
}

async function run(
  { testSource, seeds }: Start,
  kernel: RealmOptions,
  answers: AnswerQueue,
  send: (message: FromJudge) => void,
): Promise<void> {
  try {
    const end = await judge({
      definition: await loadTestFile(testSource, kernel),
      seeds,
      // The player's first answer is to the submission itself.
      loaded: answers.next(),
      ask: (text) => {
        send({ type: "question", text });
        return answers.next();
      },
      onVerdict: (verdict) => send({ type: "verdict", verdict }),
      isPublic: true,
    });
    send({ type: "end", end });
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : "The tests cannot be run.";
    send({ type: "broken", message });
  }
}

/** Answers of the player in their order; some come before anybody asks. */
class AnswerQueue {
  readonly #early: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  put(text: string): void {
    const take = this.#waiting.shift();
    if (take === undefined) this.#early.push(text);
    else take(text);
  }

  next(): Promise<string> {
    const early = this.#early.shift();
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
