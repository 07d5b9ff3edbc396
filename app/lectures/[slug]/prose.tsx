import type { ElementContent, Root, RootContent } from "hast";
import { toHtml } from "hast-util-to-html";
import { type Components, toJsxRuntime } from "hast-util-to-jsx-runtime";
import type { ComponentProps, ComponentType, ReactNode } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { withCurlyQuotes } from "../typography.ts";
import css from "./prose.module.css";

/** How an element is drawn, by its name. */
export type Parts = Readonly<Record<string, ComponentType<never>>>;

interface ProseProps {
  text: Root;
  /** Beside those that all prose has. */
  parts?: Parts;
}

/** A text as the book sets it: an opening paragraph, a lecture's body, what an exercise asks. */
export function Prose({ text, parts }: ProseProps): ReactNode {
  // A text holds HTML's elements and our own.
  const components = { ...HTML, ...NOTES, ...parts } as Components;
  return toJsxRuntime(prepared(text, components), {
    Fragment,
    jsx: withHtml(jsx),
    jsxs: withHtml(jsxs),
    components,
  });
}

const kept = new WeakMap<Root, Root>();

/** The text as it is set, made once: where a text goes the same elements are drawn by parts. */
function prepared(text: Root, components: Components): Root {
  const before = kept.get(text);
  if (before !== undefined) return before;
  const set = withCurlyQuotes(text);
  const root: Root = { ...set, children: set.children.map((node) => packed(node, components)) };
  kept.set(text, root);
  return root;
}

/** Which attribute holds what is inside an element, as HTML. */
const INSIDE = "data-inside";

/**
 * Inside of an element that no part is drawn in there is only HTML. As such it costs a page much
 * less than as elements: React need not go through them, nor send them a second time.
 */
function packed<T extends RootContent | ElementContent>(node: T, components: Components): T {
  if (node.type !== "element") return node;
  const { [INSIDE]: _, ...properties } = node.properties;
  const isPlain = !(node.tagName in components) && node.children.every((child) => isHtml(child));
  if (!isPlain || node.children.length === 0) {
    return {
      ...node,
      properties,
      children: node.children.map((child) => packed(child, components)),
    };
  }
  const inside = toHtml({ type: "root", children: node.children });
  return { ...node, properties: { ...properties, [INSIDE]: inside }, children: [] };

  function isHtml(child: ElementContent): boolean {
    if (child.type !== "element") return true;
    return !(child.tagName in components) && child.children.every(isHtml);
  }
}

type Draw = typeof jsx;

/** React's own, which knows HTML inside of an element by another name. */
function withHtml(draw: Draw): Draw {
  return (type, given, key) => {
    const { [INSIDE]: inside, ...props } = given as Record<string, unknown>;
    if (inside === undefined) return draw(type, props, key);
    return draw(type, { ...props, dangerouslySetInnerHTML: { __html: inside } }, key);
  };
}

/** HTML's own elements, where the book has a way of its own. */
const HTML: Parts = {
  table: (props: ComponentProps<"table">) => (
    <div className={css["scroller"]} data-scroller="">
      <table className={css["table"]} {...props} />
    </div>
  ),
  // The corner above the names of rows heads nothing.
  th: ({ children, ...props }: ComponentProps<"th">) =>
    children === undefined ? <td {...props} /> : <th {...props}>{children}</th>,
  pre: (props: ComponentProps<"pre">) => (
    <pre className={css["listing"]} data-scroller="" {...props} />
  ),
};

interface NoteProps {
  title?: string;
  children: ReactNode;
}

const NOTES: Parts = {
  "kb-beside": ({ children }: NoteProps) => <div className={css["beside"]}>{children}</div>,
  "kb-rest": ({ children }: NoteProps) => <div className={css["rest"]}>{children}</div>,
  "kb-note": ({ children }: NoteProps) => (
    <div className={css["note"]} role="note">
      {children}
    </div>
  ),
  "kb-aside": ({ title, children }: NoteProps) => (
    <div className={css["note"]} role="note" aria-label={title}>
      <p className={css["noteTitle"]}>{title}</p>
      {children}
    </div>
  ),
};
