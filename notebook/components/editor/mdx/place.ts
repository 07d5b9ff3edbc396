/** Where in a lecture's text the cursor stands: what could come there. */

export type Place =
  | { readonly kind: "prose" }
  | { readonly kind: "cell" }
  | { readonly kind: "code" }
  | { readonly kind: "front-matter" }
  /** `from` is where the word begins that a suggestion replaces. */
  | { readonly kind: "topic"; readonly from: number }
  | { readonly kind: "component"; readonly from: number }
  | {
      readonly kind: "attribute";
      readonly component: string;
      readonly given: readonly string[];
      readonly from: number;
    }
  | {
      readonly kind: "value";
      readonly component: string;
      readonly attribute: string;
      readonly from: number;
    }
  | { readonly kind: "link"; readonly from: number };

/** What opens or closes a fence; the second group is what stands behind an opening one. */
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const TAG_LENGTH_MAX = 3000;

export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (isInFrontMatter(before)) return inFrontMatter(line, offset);
  const fence = fenceAround(before);
  if (fence !== undefined) return { kind: /^ts +cell\b/.test(fence) ? "cell" : "code" };
  const tag = inTag(before);
  if (tag !== undefined) return tag;
  const link = /\]\(([^()\s]*)$/.exec(line)?.[1];
  return link === undefined ? { kind: "prose" } : { kind: "link", from: offset - link.length };
}

function isInFrontMatter(before: string): boolean {
  return before.startsWith("---\n") && !/\n---[ \t]*(?:\n|$)/.test(before.slice(3));
}

function inFrontMatter(line: string, offset: number): Place {
  if (!/^covers:/.test(line)) return { kind: "front-matter" };
  const typed = /[\w]*$/.exec(line)?.[0] ?? "";
  return { kind: "topic", from: offset - typed.length };
}

/** What is written behind the fence that is still open at the end of the text. */
function fenceAround(before: string): string | undefined {
  let open: { marks: string; info: string } | undefined;
  // The cursor's own line opens nothing yet.
  for (const line of before.split("\n").slice(0, -1)) {
    const [, marks = "", info = ""] = FENCE.exec(line) ?? [];
    if (marks === "") continue;
    if (open === undefined) open = { marks, info };
    else if (marks.startsWith(open.marks) && info.trim() === "") open = undefined;
  }
  return open?.info;
}

function inTag(before: string): Place | undefined {
  const start = before.length - TAG_LENGTH_MAX;
  for (let at = before.lastIndexOf("<"); at >= Math.max(0, start); ) {
    const found = tagPlace(before.slice(at), before.length);
    if (found !== undefined) return found;
    if (at === 0) break;
    at = before.lastIndexOf("<", at - 1);
  }
  return undefined;
}

const NAME = /^<([A-Za-z]*)$/;
const INSIDE = /^<([A-Z]\w*)((?:\s+[a-z]+="[^"]*")*)\s+(?:([a-z]*)|([a-z]+)="([^"]*))$/;

function tagPlace(tag: string, end: number): Place | undefined {
  const name = NAME.exec(tag)?.[1];
  if (name !== undefined) return { kind: "component", from: end - name.length };
  const inside = INSIDE.exec(tag);
  if (inside === null) return undefined;
  const [, component = "", attributes = "", word, attribute, value = ""] = inside;
  if (attribute !== undefined) {
    return { kind: "value", component, attribute, from: end - value.length };
  }
  const given = [...attributes.matchAll(/([a-z]+)="/g)].map(([, one = ""]) => one);
  return { kind: "attribute", component, given, from: end - (word ?? "").length };
}
