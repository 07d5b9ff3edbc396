/** Runs in a thread of its own: parses texts one after the other. See `reading.ts`. */
import { parentPort } from "node:worker_threads";
import { parseLecture, parseTask } from "./lecture-text.ts";
import { CourseProblem } from "./located-yaml.ts";
import { TOO_DEEP } from "./mdx/parse-mdx.ts";
import type { Answer, Text } from "./reading.ts";

parentPort?.on("message", (text: Text) => {
  void read(text).then((answer) => parentPort?.postMessage(answer));
});

async function read({ kind, text, name }: Text): Promise<Answer> {
  try {
    if (kind === "lecture") return { kind: "lecture", lecture: await parseLecture(text, name) };
    return { kind: "task", task: await parseTask(text, name) };
  } catch (error) {
    if (error instanceof CourseProblem) return { kind: "problems", problems: error.problems };
    // A parser that calls itself for each bracket, and has met too many of them.
    const why =
      error instanceof RangeError ? TOO_DEEP : `cannot be read (${String(error)}): mend it`;
    return { kind: "problems", problems: [`${name}:1: ${why}`] };
  }
}
