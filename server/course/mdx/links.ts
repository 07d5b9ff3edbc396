/** Where a link of a text may lead: to the web, or to a place in the course. */

export type LinkTarget =
  | { readonly kind: "web" }
  /** A place in a lecture; the same one when `slug` is undefined, its beginning without `anchor`. */
  | { readonly kind: "course"; readonly slug?: string; readonly anchor?: string }
  | { readonly kind: "refused" };

const WEB = /^(?:https?:\/\/[^\s/]|mailto:[^\s])/i;
const LECTURE = /^\/lectures\/([a-z0-9-]+)(?:#([A-Za-z0-9_-]+))?$/;
const ANCHOR = /^#([^\s#]+)$/;

export function linkTarget(url: string): LinkTarget {
  const [, anchor] = ANCHOR.exec(url) ?? [];
  if (anchor !== undefined) return { kind: "course", anchor: decoded(anchor) };
  const lecture = LECTURE.exec(url);
  if (lecture?.[1] !== undefined) {
    return { kind: "course", slug: lecture[1], ...(lecture[2] && { anchor: lecture[2] }) };
  }
  // Not a list of what is dangerous: whatever is not named here leads nowhere.
  return WEB.test(url) && URL.canParse(url) ? { kind: "web" } : { kind: "refused" };
}

function decoded(anchor: string): string {
  try {
    return decodeURIComponent(anchor);
  } catch {
    return anchor;
  }
}
