import type { AuthoredDocument, CheckState } from "#server/authoring";

/** What readers see of the document, in words. */
export function publicationText({ head, published, isAhead }: AuthoredDocument): string {
  if (published === undefined) return "Not published";
  return isAhead ? `Changed: version ${head} is not published` : "Published";
}

export const CHECK_TEXT: Readonly<Record<CheckState, string>> = {
  waiting: "Waits to be checked",
  running: "Is being checked",
  passed: "Passed",
  refused: "Refused",
  cancelled: "Taken back",
  failed: "Failed by a fault of the site",
};
