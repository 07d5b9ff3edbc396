/** An attack on whoever reads a lecture or serves it, by what is written into the lecture. */
import type { Root as HtmlRoot, Nodes } from "hast";
import remarkMdx from "remark-mdx";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";
import { expect, test } from "vitest";
import { CourseProblem } from "#server/course";
import { parseLecture } from "../../../server/course/lecture-text.ts";

export interface TextAttack {
  readonly name: string;
  /** What must stay true. */
  readonly property: string;
  readonly text: string;
  /** Whether the attack reached what it wanted, by the HTML that is made and by `ran`. */
  readonly reached: (html: string) => boolean;
}

export const FRONT_MATTER = `---
number: L01
slug: 01-sums
title: Sums
summary: How to add.
minutes: 10
goals: [Add]
covers: []
---

`;

/** Set by code that a text has smuggled in. */
const place = globalThis as { attackRan?: number };

export function hasRun(): boolean {
  return place.attackRan !== undefined;
}

/** Two tests: the attack fails as lectures are read, and works where a text is simply believed. */
export function attack({ name, property, text, reached }: TextAttack): void {
  test(`${property}: ${name}`, async () => {
    delete place.attackRan;
    const html = await defended(text);
    expect(reached(html), html).toBe(false);
    expect(hasRun()).toBe(false);
  });

  test(`control, believing the text: ${name}`, async () => {
    delete place.attackRan;
    const html = await believed(text);
    expect(reached(html), html).toBe(true);
    delete place.attackRan;
  });
}

/** The page's HTML; what a refused text would say to its author. */
async function defended(text: string): Promise<string> {
  try {
    const { document } = await parseLecture(`${FRONT_MATTER}${text}\n`, "lecture.mdx");
    return printHtml(document.body);
  } catch (error) {
    // Refused in words, with its place: anything else is a hole.
    if (!(error instanceof CourseProblem)) throw error;
    expect(error.problems.every((problem) => /^lecture\.mdx:\d+: /.test(problem))).toBe(true);
    return "";
  }
}

/** MDX as it is usually used: evaluated; and what is no MDX, as Markdown with HTML in it. */
async function believed(text: string): Promise<string> {
  try {
    const mdx = unified()
      .use(remarkParse)
      .use(remarkMdx)
      .use(remarkRehype, { handlers: BELIEVING });
    return printHtml((await mdx.run(mdx.parse(text))) as HtmlRoot);
  } catch {
    const markdown = unified().use(remarkParse).use(remarkRehype, { allowDangerousHtml: true });
    return printHtml((await markdown.run(markdown.parse(text))) as HtmlRoot);
  }
}

interface JsxNode {
  readonly name: string | null;
  readonly attributes: readonly {
    readonly type: string;
    readonly name?: string;
    readonly value?: string | { readonly value: string } | null;
  }[];
}

const run = (code: string): unknown => new Function(`return (${code})`)();

const expression = (_state: unknown, { value }: { value: string }) => ({
  type: "text" as const,
  value: String(run(value)),
});
const element = (state: { all(node: never): never[] }, node: JsxNode) => {
  const properties: Record<string, string> = {};
  for (const { type, name = "", value } of node.attributes) {
    if (type !== "mdxJsxAttribute") run(`{${(value as string) ?? ""}}`);
    else properties[name] = String(typeof value === "object" && value ? run(value.value) : value);
  }
  const tagName = node.name ?? "";
  return { type: "element" as const, tagName, properties, children: state.all(node as never) };
};
const BELIEVING = {
  mdxTextExpression: expression,
  mdxFlowExpression: expression,
  mdxJsxTextElement: element,
  mdxJsxFlowElement: element,
  mdxjsEsm: (_state: unknown, { value }: { value: string }) => {
    new Function(
      value.replace(/^export /gm, "").replace(/^import .*$/gm, "globalThis.attackRan=1"),
    )();
    return undefined;
  },
} as never;

/** Attributes as they are written, so that what is in the tree is seen. */
function printHtml(node: Nodes): string {
  if (node.type === "text") return node.value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  if (!("children" in node)) return "value" in node ? String(node.value) : "";
  const inside = node.children.map((child) => printHtml(child as Nodes)).join("");
  if (node.type !== "element") return inside;
  const attributes = Object.entries(node.properties).map(
    ([name, value]) => ` ${name}="${String(value).replaceAll('"', "&quot;")}"`,
  );
  return `<${node.tagName}${attributes.join("")}>${inside}</${node.tagName}>`;
}
