/** What player and judge may send to the page, believed only after a check. */

import * as z from "zod/mini";
import type { FromJudge } from "../../runtime/worker/test-messages.ts";
import { parseText } from "./worker-message.ts";

/** A player's answer has at most 8 Mi characters; as a text in JSON it grows. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

const fromJudge = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("question"), text: z.string() }),
  z.object({
    type: z.literal("verdict"),
    verdict: z.object({
      id: z.string(),
      passed: z.boolean(),
      feedback: z.optional(z.string()),
    }),
  }),
  z.object({
    type: z.literal("end"),
    end: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("done") }),
      z.object({ kind: z.literal("compile-error"), message: z.string(), line: z.number() }),
      z.object({ kind: z.literal("tampered") }),
    ]),
  }),
  z.object({ type: z.literal("broken"), message: z.string() }),
]);

const fromPlayer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("answer"), text: z.string() }),
  z.object({ type: z.literal("output"), output: z.unknown() }),
]);

/** Answers the judge's message, or undefined for anything else. */
export function parseFromJudge(data: unknown): FromJudge | undefined {
  const parsed = fromJudge.safeParse(parseText(data, MOST_CHARACTERS));
  // With exact optional properties, zod's optional is wider than ours.
  return parsed.success ? (parsed.data as FromJudge) : undefined;
}

type PlayerMessage = z.infer<typeof fromPlayer>;

/** Answers the player's message; its outputs are not checked yet. */
export function parseFromPlayer(data: unknown): PlayerMessage | undefined {
  const parsed = fromPlayer.safeParse(parseText(data, MOST_CHARACTERS));
  return parsed.success ? parsed.data : undefined;
}
