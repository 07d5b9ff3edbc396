"use client";

import { lazy, Suspense, useContext } from "react";
import type { TerminalData } from "#notebook/document";
import { NotebookContext } from "../notebook/context.ts";
import css from "./terminal.module.css";

/** Fetched with the first terminal that is alive; a stored one is text. */
const LiveTerminal = lazy(async () => {
  const { LiveTerminal: live } = await import("../terminal/live-terminal.tsx");
  return { default: live };
});

interface TerminalOutputProps {
  terminal: TerminalData;
  /** What the screen shows, with the lines above it. */
  text: string;
}

/** A machine's terminal: its screen as text, and the terminal itself once its cell has run here. */
export function TerminalOutput({ terminal, text }: TerminalOutputProps) {
  const notebook = useContext(NotebookContext);
  const { live } = terminal;
  const link = live === undefined ? undefined : notebook?.terminals.at(live);
  const still = <StillTerminal terminal={terminal} text={text} canRun={notebook !== undefined} />;
  if (link === undefined) return still;
  return (
    <Suspense fallback={still}>
      <LiveTerminal key={live} terminal={terminal} link={link} />
    </Suspense>
  );
}

function StillTerminal({ terminal, text, canRun }: TerminalOutputProps & { canRun: boolean }) {
  return (
    <figure data-wide="" className={css["terminal"]} aria-label={`Terminal ${terminal.tty}`}>
      <pre className={css["still"]}>{text}</pre>
      {canRun && (
        <figcaption className={css["hint"]}>
          A stored screen of {terminal.tty}. Run the cell to type at it.
        </figcaption>
      )}
    </figure>
  );
}
