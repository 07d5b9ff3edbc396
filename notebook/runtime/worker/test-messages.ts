/** What the page says to the Workers of player and judge, between which it carries texts. */

import type { Output } from "#notebook/document";
import type { JudgeEnd, TestVerdict } from "../judge/judge.ts";

export type ToPlayer =
  | { readonly type: "load"; readonly source: string }
  | { readonly type: "question"; readonly text: string };

export type FromPlayer =
  | { readonly type: "ready" }
  | { readonly type: "answer"; readonly text: string }
  | { readonly type: "output"; readonly output: Output };

export type ToJudge =
  | { readonly type: "start"; readonly testSource: string; readonly seeds: readonly number[] }
  | { readonly type: "answer"; readonly text: string };

export type FromJudge =
  | { readonly type: "ready" }
  | { readonly type: "question"; readonly text: string }
  | { readonly type: "verdict"; readonly verdict: TestVerdict }
  | { readonly type: "end"; readonly end: JudgeEnd }
  /** The test file itself cannot be used. */
  | { readonly type: "broken"; readonly message: string };
