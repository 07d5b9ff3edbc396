import type { ReactNode } from "react";
import { Icon } from "../icon.tsx";
import css from "./outputs.module.css";

interface FoldProps {
  /** What lies folded, with its number: "6 more lines". */
  what: string;
  children: ReactNode;
}

/** A dashed rule that says what lies behind it. Works without JavaScript. */
export function Fold({ what, children }: FoldProps) {
  return (
    <details className={css["fold"]}>
      <summary>
        <Icon name="fold" />
        <span className={css["folded"]}>Show {what}</span>
        <span className={css["unfolded"]}>Fold {what}</span>
      </summary>
      {children}
    </details>
  );
}
