/** Where in a lecture's text the cursor stands: what could come there. */
import { fencesIn, isCell } from "./fences.ts";

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

const TAG_LENGTH_MAX = 3000;

export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (isInFrontMatter(before)) return inFrontMatter(line, offset);
  const fence = fencesIn(text).find(({ start, end }) => start <= offset && offset <= end);
  if (fence !== undefined) return { kind: isCell(fence) ? "cell" : "code" };
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
