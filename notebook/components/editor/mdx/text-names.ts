/** What a lecture's text itself names: found without parsing it, for it may be half typed. */
import GithubSlugger from "github-slugger";
import type { AnchorWords } from "#notebook/document";
import { fencesIn, isCell } from "./fences.ts";

/** The ids of the cells that have one. */
export function cellIdsIn(text: string): string[] {
  return fencesIn(text)
    .filter(isCell)
    .flatMap(({ info }) => /\bid=([\w-]+)/.exec(info)?.[1] ?? []);
}

/** What a link in this text may lead to, in the order of the text. */
export function anchorsIn(text: string): AnchorWords[] {
  const slugger = new GithubSlugger();
  const prose = withoutCode(text);
  const headings = [...prose.matchAll(/^#{2,3}[ \t]+(.+?)[ \t#]*$/gm)].map(([, title = ""]) => {
    const says = title.replaceAll("`", "");
    return { id: slugger.slug(says), says };
  });
  const parts = [...prose.matchAll(/<(Figure|Exercise)\b[^>]*?\bid="([\w-]+)"/g)];
  const shown = parts.map(([, component, id = ""]) =>
    component === "Figure"
      ? { id, says: "Figure" }
      : { id: `exercise-${id}`, says: `Exercise ${id}` },
  );
  const cells = cellIdsIn(text).map((id) => ({ id: `cell-${id}`, says: `Cell ${id}` }));
  return [...headings, ...shown, ...cells];
}

/**
 * All cells as one script, whose names are global, each character where it stands in the text: a
 * place in the one is the same place in the other.
 */
export function cellsAsScript(text: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of fencesIn(text).filter(isCell)) {
    parts.push(blank(text.slice(done, start)), withoutModules(text.slice(start, end)));
    done = end;
  }
  parts.push(blank(text.slice(done)));
  return parts.join("");
}

function withoutCode(text: string): string {
  let prose = "";
  for (const { start, end } of fencesIn(text)) {
    prose += text.slice(prose.length, start) + blank(text.slice(start, end));
  }
  return prose + text.slice(prose.length);
}

/** Imports name what is global anyway. */
function withoutModules(source: string): string {
  return source
    .replace(/^[ \t]*import\b[^;]*?from\s*["'][^"']*["'];?/gm, blank)
    .replace(/^[ \t]*export\s+(?:default\s+)?/gm, blank);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
