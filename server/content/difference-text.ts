/** The two sides of a document as a person reads them: a unified difference of its texts. */
import { createTwoFilesPatch } from "diff";
import type { DocumentDifference } from "./import.ts";
import { isSameFiles } from "./store.ts";
import { pathInCourse } from "./tree.ts";

/** Of one file; whoever needs more has both sides at hand. */
const LINES_MAX = 400;
/** So many lines may differ before the search for the smallest difference is given up. */
const EDITS_MAX = 5_000;

type Bytes = Uint8Array | undefined;

/** From the site's files to the folder's; `bytesOf` answers what is behind a hash. */
export function differenceText(
  { path, folder, site }: Pick<DocumentDifference, "path" | "folder" | "site">,
  bytesOf: (hash: string) => Uint8Array,
): string {
  if (isSameFiles(folder, site)) return `${path || "shared files"}: the same on both sides\n`;
  const files = [...new Set([...(site?.keys() ?? []), ...(folder?.keys() ?? [])])].sort();
  return files
    .filter((file) => site?.get(file) !== folder?.get(file))
    .map((file) => {
      const [old, fresh] = [site?.get(file), folder?.get(file)];
      const bytes = (hash: string | undefined) => (hash === undefined ? undefined : bytesOf(hash));
      return fileDifference(pathInCourse(path, file), [bytes(old), bytes(fresh)]);
    })
    .join("\n");
}

function fileDifference(name: string, [site, folder]: readonly [Bytes, Bytes]): string {
  const head = `--- site/${name}\n+++ folder/${name}\n`;
  const [old, fresh] = [textOf(site), textOf(folder)];
  if (old === undefined || fresh === undefined) {
    return `${head}no text: ${sizeOf(site)} in the site, ${sizeOf(folder)} in the folder\n`;
  }
  const patch = createTwoFilesPatch("site", "folder", old, fresh, "", "", {
    context: 3,
    maxEditLength: EDITS_MAX,
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: false },
  });
  if (patch === undefined) {
    return `${head}too different: ${sizeOf(site)} in the site, ${sizeOf(folder)} in the folder\n`;
  }
  const lines = printable(patch).trimEnd().split("\n");
  const rest = lines.length - LINES_MAX;
  const more = rest > 0 ? `\n… and ${rest} more lines` : "";
  return `${head}${lines.slice(0, LINES_MAX).join("\n")}${more}\n`;
}

function textOf(bytes: Bytes): string | undefined {
  if (bytes === undefined) return "";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function sizeOf(bytes: Bytes): string {
  return bytes === undefined ? "nothing" : `${bytes.length} bytes`;
}

/** A text may hold what a terminal obeys. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "·").replace(/[\u202a-\u202e\u2066-\u2069]/gu, "·");
}
