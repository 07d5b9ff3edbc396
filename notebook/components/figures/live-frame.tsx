import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import css from "./figure.module.css";
import { FigureFrame, type FigureTexts } from "./frame.tsx";
import { reachScrollers, showChosen } from "./scrollers.ts";

interface LiveFrameProps {
  texts: FigureTexts;
  controls?: ReactNode;
  listing?: ReactNode;
  /** What a screen reader hears after a move; "" as long as nothing has moved. */
  said: string;
  children: ReactNode;
}

/** The frame of a figure that answers: `T` opens and closes its text, a move is said once. */
export function LiveFrame({ texts, controls, listing, said, children }: LiveFrameProps) {
  const [isTextOpen, setIsTextOpen] = useState(false);
  const panes = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each move is said
  useEffect(() => showChosen(panes.current), [said]);
  useEffect(() => (panes.current === null ? undefined : reachScrollers(panes.current)), []);
  const toggleByKey = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    setIsTextOpen((isOpen) => !isOpen);
  };
  return (
    <FigureFrame
      texts={texts}
      controls={controls}
      listing={listing}
      isTextOpen={isTextOpen}
      onTextToggle={setIsTextOpen}
      onKeyDown={toggleByKey}
    >
      <div ref={panes}>{children}</div>
      <p className={css["said"]} aria-live="polite">
        {said}
      </p>
    </FigureFrame>
  );
}
