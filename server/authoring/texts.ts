/** Which files of a document are text that an author types, and which are bytes. */

const TEXT_FILE = /\.(?:mdx|md|ts|yaml|json|txt)$/;

/** What an author may have in one file, in characters. */
export const TEXT_MAX = 400_000;

/** The text of a file that authors type; undefined for any other. */
export function textOf(path: string, bytes: Uint8Array): string | undefined {
  if (!TEXT_FILE.test(path) || bytes.byteLength > TEXT_MAX * 4) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What a document is called in its own text. */
export interface Heading {
  /** `L07`, `E7.2`. */
  readonly number: string;
  readonly title: string;
}

/** Read without parsing the whole: a text that is being written may be broken elsewhere. */
export function headingOf(text: string): Heading {
  return { number: written(text, "number"), title: written(text, "title") };
}

function written(text: string, key: "number" | "title"): string {
  const pattern = key === "number" ? /^number:[ \t]*(.*)$/m : /^title:[ \t]*(.*)$/m;
  const value = pattern.exec(text)?.[1]?.trim() ?? "";
  const quoted = /^(["'])(.*)\1(?:\s+#.*)?$/.exec(value)?.[2];
  return (quoted ?? value).slice(0, 200);
}
