"use client";

import { type Components, toJsxRuntime } from "hast-util-to-jsx-runtime";
import type { ComponentProps, ReactNode } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";
import css from "./report.module.css";

/** Longer texts are shown as they were typed: setting some of them takes longer than anybody waits. */
const CHARS_MAX = 100_000;

/** A text that somebody has written in Markdown: no HTML of theirs, no scripts, nothing is loaded. */
export function MarkdownText({ text }: { text: string }): ReactNode {
  if (text.length > CHARS_MAX) return <PlainText text={text} />;
  const tree = READER.runSync(READER.parse(text));
  return (
    <div className={css["markdown"]}>
      {toJsxRuntime(tree, { Fragment, jsx, jsxs, components: COMPONENTS })}
    </div>
  );
}

/** The same as it was typed, where nothing sets it. */
export function PlainText({ text }: { text: string }) {
  return <pre className={css["plain"]}>{text}</pre>;
}

const READER = unified()
  .use(remarkParse)
  .use(remarkGfm, { singleTilde: false })
  // HTML in the text is left out.
  .use(remarkRehype)
  .use(rehypeSanitize, {
    ...defaultSchema,
    tagNames: (defaultSchema.tagNames ?? []).filter((name) => name !== "input"),
  });

/** Its headings stand below those of the page. */
const COMPONENTS: Partial<Components> = {
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  h4: ({ children }) => <h6>{children}</h6>,
  h5: ({ children }) => <h6>{children}</h6>,
  a: ({ href, children }: ComponentProps<"a">) => (
    <a href={href} rel="nofollow noreferrer">
      {children}
    </a>
  ),
  // A picture elsewhere would learn who reads.
  img: ({ src, alt }: ComponentProps<"img">) => (
    <a href={typeof src === "string" ? src : undefined} rel="nofollow noreferrer">
      picture: {alt === undefined || alt === "" ? "without a text" : alt}
    </a>
  ),
  table: (props: ComponentProps<"table">) => (
    <div className={css["scroller"]} data-scroller="">
      <table>{props.children}</table>
    </div>
  ),
};
