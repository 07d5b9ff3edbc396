/** The places in a text that a link may lead to. */
import type { TextFacts } from "./check-text.ts";

/** Headings, figures, cells and exercises are the anchors of one page. */
export function anchorsOf(facts: TextFacts): { readonly id: string; readonly line: number }[] {
  return [
    ...facts.headings,
    ...facts.figures,
    ...facts.cells.map(({ id, line }) => ({ id: `cell-${id}`, line })),
    ...facts.exercises.map(({ id, line }) => ({ id: `exercise-${id}`, line })),
  ];
}
