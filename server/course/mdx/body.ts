/** A checked text as the tree that pages are made of: HTML's elements and `kb-…` for components. */
import type { Element, Root as HtmlRoot } from "hast";
import type { Root } from "mdast";
import rehypeKatex from "rehype-katex";
import remarkRehype, { type Options } from "remark-rehype";
import { unified } from "unified";
import { visit } from "unist-util-visit";
import type { Heading } from "#notebook/document";
import type { ComponentNode } from "./check-text.ts";
import { colouredCode } from "./code-colours.ts";
import { elementName } from "./components.ts";
import { readFence } from "./fence.ts";

export interface Body {
  readonly body: HtmlRoot;
  /** Formulas that are none. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

const handlers: NonNullable<Options["handlers"]> = {
  code(_state, node): Element {
    const fence = readFence(node.lang, node.meta);
    if (fence.kind !== "cell") return colouredCode(node.value, node.lang);
    const { id = "" } = fence.attributes;
    return { type: "element", tagName: "kb-cell", properties: { id }, children: [] };
  },
  mdxJsxFlowElement(state, node: ComponentNode): Element {
    const properties: Record<string, string> = {};
    for (const attribute of node.attributes) {
      if (attribute.type === "mdxJsxAttribute" && typeof attribute.value === "string") {
        properties[attribute.name] = attribute.value;
      }
    }
    const tagName = elementName(node.name ?? "");
    return { type: "element", tagName, properties, children: state.all(node) as Element[] };
  },
};

const toHtml = unified()
  .use(remarkRehype, { handlers, allowDangerousHtml: false })
  // No macro that grows without end.
  .use(rehypeKatex, { trust: refuse, strict: "error", maxExpand: 200, maxSize: 20 });

/** Addresses, pictures and HTML attributes in formulas; with `false` KaTeX only prints them red. */
function refuse({ command }: { command: string }): never {
  throw new Error(`${command} is not allowed in a formula`);
}

export async function toBody(root: Root, headings: readonly Heading[]): Promise<Body> {
  const { body, messages } = await run(root);
  let next = 0;
  visit(body, (node) => {
    delete node.position;
    if (node.type !== "element") return;
    // Footnotes bring an h2 of their own, with an id.
    const isHeading = /^h[1-6]$/.test(node.tagName) && node.properties["id"] === undefined;
    const heading = isHeading ? headings[next++] : undefined;
    if (heading !== undefined) node.properties["id"] = heading.id;
  });
  delete body.position;
  const problems = messages.map(({ line, cause, reason }) => ({
    line: line ?? 1,
    message: `the formula cannot be set: ${cause instanceof Error ? cause.message : reason}: mend it`,
  }));
  return { body, problems };
}

type Messages = readonly { line?: number | undefined; reason: string; cause?: unknown }[];

function run(root: Root): Promise<{ body: HtmlRoot; messages: Messages }> {
  return new Promise((done, failed) => {
    toHtml.run(root, (error, body, file) => {
      if (body === undefined || file === undefined) failed(error);
      else done({ body, messages: file.messages });
    });
  });
}
