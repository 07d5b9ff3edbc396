/** A picture as a text shows it, and where in the text it is put. */

export interface PictureTexts {
  /** Its name in `pictures/`. */
  readonly file: string;
  readonly alt: string;
  /** "": none. */
  readonly caption: string;
}

/** The text with the picture below the block that the line (1-based) is in, and the picture's line. */
export function withPicture(
  text: string,
  line: number,
  picture: PictureTexts,
): { readonly text: string; readonly line: number } {
  const lines = text.split("\n");
  const borders = bordersIn(lines);
  const at = borders.find((border) => border >= line - 1) ?? lines.length;
  const above = lines.slice(0, at);
  while (above.at(-1)?.trim() === "") above.pop();
  const below = lines.slice(at);
  while (below[0]?.trim() === "") below.shift();
  const head = above.length === 0 ? [] : [...above, ""];
  const tail = below.length === 0 ? [""] : ["", ...below];
  return {
    text: [...head, componentOf(picture), ...tail].join("\n"),
    line: head.length + 1,
  };
}

function componentOf({ file, alt, caption }: PictureTexts): string {
  const said = caption.trim() === "" ? "" : ` caption="${literal(caption)}"`;
  return `<Picture file="${file}" alt="${literal(alt)}"${said} />`;
}

/** As an attribute holds it. */
function literal(text: string): string {
  return text.trim().replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

/** Empty lines (0-based) at which one block ends and another may begin. */
function bordersIn(lines: readonly string[]): number[] {
  const borders: number[] = [];
  let until: RegExp | undefined = lines[0]?.trimEnd() === "---" ? /^---\s*$/ : undefined;
  for (const [index, line] of lines.entries()) {
    if (until !== undefined) {
      if (index > 0 && until.test(line)) until = undefined;
      continue;
    }
    if (line.trim() === "") borders.push(index);
    else until = endOf(line);
  }
  return borders;
}

/** What closes the part that begins here; undefined for one that ends with its line. */
function endOf(line: string): RegExp | undefined {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  if (fence !== undefined) return new RegExp(`^ {0,3}${fence}[\`~]*\\s*$`);
  if (/^\$\$/.test(line) && !/\$\$.*\$\$/.test(line)) return /\$\$\s*$/;
  const name = /^<([A-Z]\w*)/.exec(line)?.[1];
  if (name === undefined || /\/>\s*$/.test(line) || line.includes(`</${name}>`)) return undefined;
  return new RegExp(`/>\\s*$|</${name}>`);
}

/** What a file may be called in the course, after its own name; `taken` are those that there are. */
export function pictureName(file: File, taken: readonly string[]): string {
  const ending = ENDINGS[file.type] ?? /\.([a-z]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? "png";
  const stem =
    file.name
      .replace(/\.[^.]*$/, "")
      .normalize("NFKD")
      .replace(/[^A-Za-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .toLowerCase()
      .slice(0, 50) || "picture";
  // What comes from the clipboard is called the same each time.
  const base = stem === "image" ? "picture" : stem;
  for (let count = 1; ; count++) {
    const name = `${base}${count === 1 ? "" : `-${count}`}.${ending}`;
    if (!taken.includes(name)) return name;
  }
}

const ENDINGS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/svg+xml": "svg",
};
/** For a field that chooses files. */
export const PICTURE_TYPES = Object.keys(ENDINGS).join(",");
