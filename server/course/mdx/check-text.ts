/** Goes through a text's tree: refuses what is not on the lists, and notes what others refer to. */
import GithubSlugger from "github-slugger";
import type { Code, Heading as HeadingNode, Nodes, Root } from "mdast";
import { toString as textOf } from "mdast-util-to-string";
import type {} from "remark-mdx";
import { SKIP, visit } from "unist-util-visit";
import type { Heading } from "#notebook/document";
import { CellAttributes, type LECTURE_COMPONENTS } from "./components.ts";
import { readFence } from "./fence.ts";
import { type LinkTarget, linkTarget } from "./links.ts";

/** `<Component …>` on lines of its own; its type comes with remark-mdx. */
export type ComponentNode = Extract<Nodes, { type: "mdxJsxFlowElement" }>;

interface Placed {
  readonly id: string;
  readonly line: number;
}

export interface TextCell extends Placed {
  readonly title?: string;
  readonly source: string;
}

/** What a text holds and refers to, each with its line. */
export interface TextFacts {
  readonly headings: readonly (Heading & Placed)[];
  readonly cells: readonly TextCell[];
  readonly figures: readonly Placed[];
  readonly pictures: readonly { readonly file: string; readonly line: number }[];
  readonly exercises: readonly Placed[];
  readonly predictions: readonly (Placed & { readonly answer?: string })[];
  readonly links: readonly {
    readonly url: string;
    readonly to: LinkTarget;
    readonly line: number;
  }[];
  readonly wordCount: number;
}

export interface CheckedText {
  readonly facts: TextFacts;
  /** `line: what: remedy`, without the file. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** Plain Markdown that needs no look inside. */
const PLAIN = new Set(
  (
    "root paragraph text emphasis strong delete inlineCode blockquote list listItem break " +
    "thematicBreak table tableRow tableCell math inlineMath footnoteReference footnoteDefinition"
  ).split(" "),
);

const PICTURE = 'a picture is a component: write <Picture file="…" alt="what it shows" />';

/** Why something that MDX knows has no place here. */
const REFUSED: Readonly<Record<string, string>> = {
  mdxjsEsm: "import and export are not allowed: a lecture is data, take the line out",
  mdxFlowExpression: "an expression is not evaluated: write \\{ for a brace",
  mdxTextExpression: "an expression is not evaluated: write \\{ for a brace",
  mdxJsxTextElement: "a component stands on lines of its own: put empty lines around it",
  image: PICTURE,
  imageReference: PICTURE,
  html: "HTML is not allowed: use Markdown or a component",
};

/** Text in one line may be so deep, and no deeper: whoever walks the tree later calls itself. */
const DEPTH_MAX = 40;

export function checkText(root: Root, components: typeof LECTURE_COMPONENTS): CheckedText {
  const problems: { line: number; message: string }[] = [];
  const facts = {
    headings: [] as (Heading & Placed)[],
    cells: [] as TextCell[],
    figures: [] as Placed[],
    pictures: [] as { file: string; line: number }[],
    exercises: [] as Placed[],
    predictions: [] as (Placed & { answer?: string })[],
    links: [] as { url: string; to: LinkTarget; line: number }[],
    wordCount: 0,
  };
  const slugger = new GithubSlugger();
  const refuse = (node: Nodes, message: string) => {
    problems.push({ line: lineOf(node), message });
  };

  visit(root, (node, _index, parent) => {
    const isTop = parent === undefined || parent.type === "root";
    switch (node.type) {
      case "yaml":
        return undefined;
      case "heading":
        return checkHeading(node);
      case "code":
        checkFence(node, isTop);
        return SKIP;
      case "link":
      case "definition":
        return checkLink(node);
      case "linkReference":
        return undefined;
      case "mdxJsxFlowElement":
        return checkComponent(node, isTop);
      case "text":
      case "inlineCode":
        facts.wordCount += wordsIn(node.value);
        return undefined;
      default:
        if (PLAIN.has(node.type)) return undefined;
        refuse(node, REFUSED[node.type] ?? `${node.type} is not allowed: take it out`);
        return SKIP;
    }
  });
  return { facts, problems };

  function checkHeading(node: HeadingNode): void {
    const text = textOf(node);
    const before = facts.headings.at(-1)?.depth ?? 1;
    if (node.depth === 1) refuse(node, "# is the lecture's title, from the front matter: write ##");
    else if (node.depth > 3) refuse(node, "headings have two levels: write ###");
    else if (node.depth > before + 1) refuse(node, "a ### stands under a ##: write ##");
    facts.headings.push({
      id: headingId(slugger.slug(text)),
      depth: node.depth,
      text,
      line: lineOf(node),
    });
  }

  function checkFence(node: Code, isTop: boolean): void {
    const fence = readFence(node.lang, node.meta);
    if (fence.kind === "static") return;
    if (fence.kind === "malformed") {
      refuse(node, `a fence reads \`\`\`ts cell id=… title="…": mend ${fence.at}`);
      return;
    }
    if (components["Figure"] === undefined) {
      refuse(node, "cells stand in lectures only: take it out, or write no `cell`");
      return;
    }
    if (!isTop) refuse(node, "a cell stands by itself: take it out of the list or component");
    const attributes = CellAttributes.safeParse(fence.attributes);
    if (!attributes.success) {
      refuseAttributes(node, "cell", attributes.error.issues);
      return;
    }
    const { id, title } = attributes.data;
    facts.cells.push({ id, line: lineOf(node), source: node.value, ...(title && { title }) });
  }

  function checkLink(node: Nodes & { url: string }): void {
    const to = linkTarget(node.url);
    if (to.kind === "refused") {
      refuse(
        node,
        `a link may not lead to ${shown(node.url)}: write https://…, #heading or /lectures/…`,
      );
    }
    facts.links.push({ url: node.url, to, line: lineOf(node) });
  }

  function checkComponent(node: ComponentNode, isTop: boolean): typeof SKIP | undefined {
    const name = node.name ?? "";
    const rule = Object.hasOwn(components, name) ? components[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(components).join(", ");
      const remedy = known === "" ? "take it out" : `use one of ${known}`;
      refuse(node, `there is no component <${shown(name)}> here: ${remedy}`);
      return SKIP;
    }
    if (!isTop) refuse(node, `<${name}> stands by itself: take it out of the list or component`);
    const given = literalAttributes(node);
    if (given === undefined) return SKIP;
    const attributes = rule.attributes.safeParse(given);
    if (!attributes.success) {
      refuseAttributes(node, `<${name}>`, attributes.error.issues);
      return SKIP;
    }
    if (rule.hasText && textOf(node).trim() === "") {
      refuse(node, `<${name}> is empty: write its text between the tags`);
    }
    if (!rule.hasText && node.children.length > 0) {
      refuse(node, `<${name}> holds no text: write <${name} … />`);
    }
    note(name, attributes.data, lineOf(node));
    if (name !== "Figure") return undefined;
    // The text form is not prose: its words are not counted, but what is in it is looked at.
    const words = facts.wordCount;
    const inside = checkText({ type: "root", children: node.children }, {});
    problems.push(...inside.problems);
    facts.links.push(...inside.facts.links);
    facts.wordCount = words;
    return SKIP;
  }

  function note(name: string, attributes: Record<string, string | undefined>, line: number): void {
    const { id = "", cell = "", answer, file = "" } = attributes;
    if (name === "Figure") facts.figures.push({ id, line });
    if (name === "Picture") facts.pictures.push({ file, line });
    if (name === "Exercise") facts.exercises.push({ id, line });
    if (name === "Predict") facts.predictions.push({ id: cell, line, ...(answer && { answer }) });
  }

  /** Says what is wrong, and answers undefined, when an attribute is no literal. */
  function literalAttributes(node: ComponentNode): Record<string, string> | undefined {
    const literal: Record<string, string> = {};
    for (const attribute of node.attributes) {
      if (attribute.type !== "mdxJsxAttribute") {
        refuse(node, `<${node.name}>: {...} is not evaluated: write each attribute out`);
        return undefined;
      }
      if (typeof attribute.value !== "string") {
        refuse(
          node,
          `<${node.name}>: ${attribute.name} is no literal: write ${attribute.name}="…"`,
        );
        return undefined;
      }
      if (Object.hasOwn(literal, attribute.name)) {
        refuse(node, `<${node.name}>: ${attribute.name} stands there twice: take one out`);
        return undefined;
      }
      literal[attribute.name] = attribute.value;
    }
    return literal;
  }

  function refuseAttributes(
    node: Nodes,
    where: string,
    issues: readonly { path: PropertyKey[]; message: string }[],
  ): void {
    for (const { path, message } of issues) {
      const attribute = path.length > 0 ? `${path.join(".")}: ` : "";
      refuse(node, `${where}: ${attribute}${message}: mend its attributes`);
    }
  }
}

/** Whether some node lies too deep for those that walk the tree by calling themselves. */
export function tooDeep(root: Root): { readonly line: number } | undefined {
  const open: { node: Nodes; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (depth > DEPTH_MAX) return { line: lineOf(node) };
    if ("children" in node) {
      for (const child of node.children) open.push({ node: child, depth: depth + 1 });
    }
  }
  return undefined;
}

function lineOf(node: Nodes): number {
  return node.position?.start.line ?? 1;
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Of somebody's text, as much as a message needs. */
function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * An element's id is a name of the page's `window`, too, until a script declares it: the names under
 * which the page's own scripts look for each other are no ids.
 */
function headingId(slug: string): string {
  return /^__?(?:next|turbopack|webpack|react)/.test(slug) ? `heading-${slug}` : slug;
}
