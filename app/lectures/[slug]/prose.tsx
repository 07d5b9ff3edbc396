import type { Root } from "hast";
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
  return toJsxRuntime(withCurlyQuotes(text), { Fragment, jsx, jsxs, components });
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
