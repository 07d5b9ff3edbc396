/** What the editor says about a name in a lecture's text. */
import type { Vocabulary } from "#notebook/document";
import { anchorsIn } from "./text-names.ts";

export interface HoverText {
  /** Characters of the text. */
  readonly start: number;
  readonly end: number;
  /** Plain text, a line each. */
  readonly lines: readonly string[];
}

export function hoverAt(text: string, offset: number, words: Vocabulary): HoverText | undefined {
  return inTag(text, offset, words) ?? onLink(text, offset, words) ?? onTopic(text, offset, words);
}

const TAG = /<\/?([A-Z]\w*)((?:\s+[a-z]+="[^"]*")*)/g;

function inTag(text: string, offset: number, words: Vocabulary): HoverText | undefined {
  for (const found of text.matchAll(TAG)) {
    const [whole, name = "", attributes = ""] = found;
    if (found.index > offset) return undefined;
    const end = found.index + whole.length;
    if (offset > end) continue;
    const component = words.components.find((one) => one.name === name);
    if (component === undefined) return undefined;
    const nameEnd = end - attributes.length;
    if (offset <= nameEnd) {
      return { start: found.index, end: nameEnd, lines: [`<${name}>`, component.says] };
    }
    for (const attribute of attributes.matchAll(/([a-z]+)="([^"]*)"/g)) {
      const start = nameEnd + attribute.index;
      const stop = start + attribute[0].length;
      if (offset < start || offset > stop) continue;
      const known = component.attributes.find((one) => one.name === attribute[1]);
      if (known === undefined) return undefined;
      const lines = [`${name}: ${known.name}`, known.says];
      if (known.values !== undefined) lines.push(`One of ${known.values.join(", ")}`);
      const exercise = words.exercises.find(({ id }) => id === attribute[2]);
      if (name === "Exercise" && exercise !== undefined) lines.push(exercise.title);
      return { start, end: stop, lines };
    }
    return undefined;
  }
  return undefined;
}

function onLink(text: string, offset: number, words: Vocabulary): HoverText | undefined {
  const found = aroundInLine(text, offset, /\]\(([^()\s]+)\)/g);
  if (found === undefined) return undefined;
  const { start, end, value } = found;
  const [, slug, anchor] = /^(?:\/lectures\/([\w-]+))?(?:#(.+))?$/.exec(value) ?? [];
  if (slug === undefined && anchor === undefined) return undefined;
  const lecture = words.lectures.find((one) => one.slug === slug);
  const anchors = slug === undefined ? anchorsIn(text) : (lecture?.anchors ?? []);
  const target = anchors.find(({ id }) => id === anchor)?.says;
  const lines = [lecture?.title, target].filter((line) => line !== undefined);
  return lines.length > 0 ? { start, end, lines } : undefined;
}

function onTopic(text: string, offset: number, words: Vocabulary): HoverText | undefined {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  if (!line.startsWith("covers:")) return undefined;
  const found = aroundInLine(text, offset, /(\d+)/g);
  const topic = words.topics.find(({ number }) => number === Number(found?.value));
  if (found === undefined || topic === undefined) return undefined;
  return { start: found.start, end: found.end, lines: [`Topic ${topic.number}: ${topic.title}`] };
}

/** The match around a place, within its line. */
function aroundInLine(text: string, offset: number, pattern: RegExp) {
  const from = text.lastIndexOf("\n", offset - 1) + 1;
  const stop = text.indexOf("\n", offset);
  for (const found of text.slice(from, stop === -1 ? undefined : stop).matchAll(pattern)) {
    const value = found[1] ?? "";
    const start = from + found.index + found[0].indexOf(value);
    const end = start + value.length;
    if (offset >= start && offset <= end) return { start, end, value };
  }
  return undefined;
}
