/** A lecture's text as plain Markdown between its cells, for files that other programs open. */
import type { Root, RootContent } from "mdast";
import type { LecturePart } from "../lecture-text.ts";
import type { ComponentNode } from "./check-text.ts";
import { readFence } from "./fence.ts";

/** `text` is what `root` was parsed from. */
export function markdownParts(root: Root, text: string): LecturePart[] {
  const parts: LecturePart[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) parts.push({ kind: "markdown", text: open.join("\n\n") });
    open = [];
  };
  for (const node of root.children) {
    const id = cellIn(node);
    if (id !== undefined) {
      close();
      parts.push({ kind: "cell", id });
    } else if (node.type === "mdxJsxFlowElement" && node.name === "Exercise") {
      close();
      parts.push({ kind: "exercise", id: attribute(node, "id") });
    } else if (node.type !== "yaml") {
      open.push(node.type === "mdxJsxFlowElement" ? component(node, text) : sourceOf(node, text));
    }
  }
  close();
  return parts;
}

function cellIn(node: RootContent): string | undefined {
  if (node.type !== "code") return undefined;
  const fence = readFence(node.lang, node.meta);
  return fence.kind === "cell" ? fence.attributes["id"] : undefined;
}

function component(node: ComponentNode, text: string): string {
  const inside = node.children.map((child) => sourceOf(child, text)).join("\n\n");
  const title = attribute(node, "title");
  switch (node.name) {
    case "Lead":
      return inside;
    case "Figure":
      return quoted(`**Figure: ${title}.** ${attribute(node, "caption")}\n\n${inside}`);
    case "Picture":
      return picture(node);
    case "Predict":
      return quoted(`**Predict.** ${attribute(node, "question")}`);
    default:
      return quoted(title === "" ? inside : `**${title}**\n\n${inside}`);
  }
}

/** Its address is that in the course: who prints it for elsewhere puts the site's in front. */
function picture(node: ComponentNode): string {
  const alt = attribute(node, "alt")
    .replace(/[\\[\]]/g, "\\$&")
    .replace(/\s+/g, " ");
  const caption = attribute(node, "caption");
  const image = `![${alt}](pictures/${attribute(node, "file")})`;
  return caption === "" ? image : `${image}\n\n${quoted(caption)}`;
}

function quoted(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");
}

function attribute(node: ComponentNode, name: string): string {
  const found = node.attributes.find((one) => one.type === "mdxJsxAttribute" && one.name === name);
  return typeof found?.value === "string" ? found.value : "";
}

function sourceOf({ position }: RootContent, text: string): string {
  return text.slice(position?.start.offset, position?.end.offset);
}
