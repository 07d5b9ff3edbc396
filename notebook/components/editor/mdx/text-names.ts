/** What a lecture's text itself names: found without parsing it, for it may be half typed. */
import GithubSlugger from "github-slugger";
import type { AnchorWords } from "#notebook/document";

interface Region {
  readonly start: number;
  readonly end: number;
}

export interface CellRegion extends Region {
  readonly id: string;
}

const FENCES = /^(`{3,})([^\n]*)\n([\s\S]*?)^\1[ \t]*$/gm;

/** The code of each cell: from the line after its fence to the one that closes it. */
export function cellsIn(text: string): CellRegion[] {
  return [...text.matchAll(FENCES)].flatMap((found) => {
    const [, marks = "", info = "", source = ""] = found;
    const id = /^ts +cell\b.*?\bid=([\w-]+)/.exec(info)?.[1];
    if (id === undefined) return [];
    const start = found.index + marks.length + info.length + 1;
    return [{ id, start, end: start + source.length }];
  });
}

/** What a link in this text may lead to, in the order of the text. */
export function anchorsIn(text: string): AnchorWords[] {
  const slugger = new GithubSlugger();
  const prose = text.replace(FENCES, (fence) => fence.replace(/[^\n]/g, " "));
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
  const cells = cellsIn(text).map(({ id }) => ({ id: `cell-${id}`, says: `Cell ${id}` }));
  return [...headings, ...shown, ...cells];
}

/**
 * All cells as one script, whose names are global, each character where it stands in the text: a
 * place in the one is the same place in the other.
 */
export function cellsAsScript(text: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of cellsIn(text)) {
    parts.push(blank(text.slice(done, start)), withoutModules(text.slice(start, end)));
    done = end;
  }
  parts.push(blank(text.slice(done)));
  return parts.join("");
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
