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

export interface MarkdownTextProps {
  text: string;
  /** The level of the heading that it stands below: its own come after that. */
  below: 1 | 2 | 3;
}

/** A text that somebody has written in Markdown: no HTML of theirs, no scripts, nothing is loaded. */
export function MarkdownText({ text, below }: MarkdownTextProps): ReactNode {
  if (text.length > CHARS_MAX) return <PlainText text={text} />;
  const tree = READER.runSync(READER.parse(text));
  return (
    <div className={css["markdown"]}>
      {toJsxRuntime(tree, {
        Fragment,
        jsx,
        jsxs,
        components: { ...COMPONENTS, ...headingsBelow(below) },
      })}
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

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

/** The first one that is used may be any: what counts is that the page goes on from its own. */
function headingsBelow(below: number): Partial<Components> {
  const entries = HEADINGS.map((name, place) => {
    const Heading = HEADINGS[Math.min(place + below, HEADINGS.length - 1)] ?? "h6";
    return [name, ({ children }: ComponentProps<"h1">) => <Heading>{children}</Heading>];
  });
  return Object.fromEntries(entries);
}

const COMPONENTS: Partial<Components> = {
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
