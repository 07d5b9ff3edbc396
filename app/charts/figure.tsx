import type { ReactNode } from "react";
import css from "./figure.module.css";

interface ChartFigureProps {
  /** Names what scrolls, where the chart is wider than the screen. */
  label: string;
  svg: string;
  /** What stands for what. */
  children: ReactNode;
}

/** A chart with its legend. The table beside it has the same numbers. */
export function ChartFigure({ label, svg, children }: ChartFigureProps) {
  return (
    <figure className={css["figure"]}>
      <figcaption>{children}</figcaption>
      <section
        className={css["scroll"]}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        tabIndex={0}
        // biome-ignore lint/security/noDangerouslySetInnerHtml: Plot has written it, with all text escaped
        dangerouslySetInnerHTML={{ __html: svg }}
      />
    </figure>
  );
}
