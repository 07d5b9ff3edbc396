import { counted, type SearchAnswer } from "#notebook/document";

/** E.g. `14 places`, `the best 20 of 31 places`. */
export function countOf({ hits, total }: SearchAnswer): string {
  if (total > hits.length) return `The best ${hits.length} of ${total} places`;
  return counted(total, "place");
}
