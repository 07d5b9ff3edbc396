const CLASSES: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9A-Fa-f",
};

/** A basic or extended regular expression of POSIX in the syntax of RegExp. */
export function translate(pattern: string, isExtended: boolean): string {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "[") {
      const found = /^\[(\^?)(\]?(?:\[:\w+:\]|[^\]])*)\]/.exec(pattern.slice(at));
      if (found === null) return "[^\\s\\S]";
      const body = found[2]!
        .replace(/\\/g, "\\\\")
        .replace(/^\]/, "\\]")
        .replace(/\[:(\w+):\]/g, (all, name: string) => CLASSES[name] ?? all)
        .replace(/\[(?![^[]*\\)/g, "\\[");
      source += `[${found[1]}${body}]`;
      at += found[0].length - 1;
    } else if (char === "\\") {
      const next = pattern[++at] ?? "\\";
      if (!isExtended && "(){}|+?".includes(next)) source += next;
      else if (next === "<" || next === ">") source += "\\b";
      else source += /[\w]/.test(next) && !/[\dwWbBsS]/.test(next) ? next : `\\${next}`;
    } else if (!isExtended && "(){}|+?".includes(char)) source += `\\${char}`;
    else if (!isExtended && char === "*" && (source === "" || source.endsWith("(")))
      source += "\\*";
    else if (!isExtended && char === "^" && source !== "" && !/[(|]$/.test(source)) source += "\\^";
    else if (
      !isExtended &&
      char === "$" &&
      at < pattern.length - 1 &&
      !/^\\[)|]/.test(pattern.slice(at + 1))
    ) {
      source += "\\$";
    } else source += char;
  }
  return source;
}
