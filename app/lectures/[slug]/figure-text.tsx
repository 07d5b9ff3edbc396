import type { ReactNode } from "react";
import css from "./figure-text.module.css";

interface FigureTextProps {
  id: string;
  title: string;
  caption: string;
  /** The figure in words. */
  children: ReactNode;
}

/** A figure in its text form. */
export function FigureText({ id, title, caption, children }: FigureTextProps) {
  return (
    <figure id={id} className={css["figure"]} aria-label={title}>
      <h3 className={css["figureTitle"]}>{title}</h3>
      <div className={css["figureText"]}>{children}</div>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
