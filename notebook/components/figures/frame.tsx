import type { KeyboardEvent, ReactNode } from "react";
import css from "./figure.module.css";

/** What a lecture says about a figure, whatever the figure shows. */
export interface FigureTexts {
  readonly id: string;
  readonly title: string;
  /** E.g. `11.3`, by its place in the lecture. */
  readonly number?: string | undefined;
  readonly caption: string;
  /** The figure in words, by the lecture's author. */
  readonly description: ReactNode;
}

interface FrameProps {
  texts: FigureTexts;
  /** At the right of the title: a stepper. */
  controls?: ReactNode;
  /** All that the figure can show, as text. */
  listing?: ReactNode;
  isTextOpen?: boolean | undefined;
  onTextToggle?: ((isOpen: boolean) => void) | undefined;
  onKeyDown?: ((event: KeyboardEvent) => void) | undefined;
  children: ReactNode;
}

/** Hairline, title and controls, the panes, the caption, and everything as text. */
export function FigureFrame(props: FrameProps) {
  const { texts, controls, listing, isTextOpen, onTextToggle, onKeyDown, children } = props;
  const titleId = `${texts.id}-title`;
  return (
    <figure className={css["figure"]} aria-labelledby={titleId} onKeyDown={onKeyDown}>
      <div className={css["bar"]}>
        <p id={titleId} className={css["title"]}>
          {texts.title}
        </p>
        {controls}
      </div>
      {children}
      <figcaption>
        {texts.number !== undefined && <b>Figure {texts.number}. </b>}
        {withCode(texts.caption)}
      </figcaption>
      <details
        className={css["text"]}
        open={isTextOpen}
        onToggle={onTextToggle && ((event) => onTextToggle(event.currentTarget.open))}
      >
        <summary>
          <span>The figure as text</span>
          {onTextToggle !== undefined && <kbd>T</kbd>}
        </summary>
        <div className={css["description"]}>{texts.description}</div>
        {listing}
      </details>
    </figure>
  );
}

/** A caption's backticks are code. */
function withCode(caption: string): ReactNode[] {
  return caption.split("`").map((part, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one fixed text
    place % 2 === 1 ? <code key={place}>{part}</code> : part,
  );
}
