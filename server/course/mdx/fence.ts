/** The line that opens a fence: whether it is a cell, and its attributes. */

export type Fence =
  | { readonly kind: "static" }
  | { readonly kind: "cell"; readonly attributes: Readonly<Record<string, string>> }
  | { readonly kind: "malformed"; readonly at: string };

/** One attribute: `id=reuse-zero` or `title="Two words"`. */
const ATTRIBUTE = /\s+([a-z]+)=(?:"([^"]*)"|([^\s"]+))/y;

export function readFence(lang: string | null | undefined, meta: string | null | undefined): Fence {
  if (meta === null || meta === undefined || meta === "") return { kind: "static" };
  if (!/^cell(?:\s|$)/.test(meta) || lang !== "ts") return { kind: "malformed", at: meta };
  const attributes: Record<string, string> = {};
  let at = "cell".length;
  while (at < meta.trimEnd().length) {
    ATTRIBUTE.lastIndex = at;
    const found = ATTRIBUTE.exec(meta);
    if (found === null) return { kind: "malformed", at: meta.slice(at).trim() };
    attributes[found[1] ?? ""] = found[2] ?? found[3] ?? "";
    at = ATTRIBUTE.lastIndex;
  }
  return { kind: "cell", attributes };
}
