/** What a judge says about a run: verdicts and the end, each with the run's nonce. */
import { z } from "zod";
import type { TestVerdict } from "#notebook/runtime";

const Verdict = z.strictObject({
  nonce: z.string(),
  id: z.string().max(100),
  passed: z.boolean(),
  feedback: z.string().optional(),
  isLuck: z.boolean().optional(),
});

const End = z.discriminatedUnion("kind", [
  z.strictObject({ nonce: z.string(), kind: z.literal("done") }),
  z.strictObject({ nonce: z.string(), kind: z.literal("tampered") }),
  z.strictObject({
    nonce: z.string(),
    kind: z.literal("compile-error"),
    message: z.string(),
    line: z.number(),
  }),
  z.strictObject({ nonce: z.string(), kind: z.literal("broken"), message: z.string() }),
]);

export type JudgeMessage =
  | { readonly kind: "verdict"; readonly verdict: TestVerdict }
  | { readonly kind: "end"; readonly end: z.infer<typeof End> };

/** Undefined for anything but a message of the run that has this nonce. */
export function parseJudgeMessage(
  kind: string,
  text: string,
  nonce: string,
): JudgeMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (kind === "T") {
    const { data } = Verdict.safeParse(json);
    if (data?.nonce !== nonce) return undefined;
    const { id, passed, feedback, isLuck } = data;
    const why = { ...(feedback !== undefined && { feedback }), ...(isLuck && { isLuck }) };
    return { kind: "verdict", verdict: { id, passed, ...why } };
  }
  const { data } = End.safeParse(json);
  return kind === "D" && data?.nonce === nonce ? { kind: "end", end: data } : undefined;
}
