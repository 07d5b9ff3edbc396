"use client";

import {
  type RefObject,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { flushSync } from "react-dom";
import type { TerminalData } from "#notebook/document";
import type { SessionCell, TerminalLink, TerminalState } from "#notebook/session";
import { CellIdContext } from "../cell/cell-id.ts";
import { useNotebook } from "../notebook/context.ts";
import css from "../outputs/terminal.module.css";
import type { XtermHandle } from "./xterm.ts";

interface LiveTerminalProps {
  terminal: TerminalData;
  link: TerminalLink;
}

/** A terminal of a machine that lives in the sandbox: the reader types, its programs answer. */
export function LiveTerminal({ terminal, link }: LiveTerminalProps) {
  const { tty, rows, cols } = terminal;
  const place = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const [handle, setHandle] = useState<XtermHandle | "coming" | "failed">("coming");
  const state = useSyncExternalStore(link.subscribe, link.state, link.state);
  const printed = usePrintedText(typeof handle === "object" ? handle : undefined);
  useAskBeforeLeaving(place, state);

  useEffect(() => {
    const host = place.current;
    if (host === null) return;
    let made: XtermHandle | undefined;
    let isGone = false;
    const ariaLabel = `Terminal ${tty}. Escape, then Tab, leaves it.`;
    const onLeave = () => bar.current?.querySelector("button")?.focus();
    void import("./xterm.ts")
      .then(({ createXterm }) =>
        createXterm(host, { link, rows, cols, ariaLabel, onLeave }, () => !isGone),
      )
      .then((created) => {
        made = created;
        if (created !== undefined) setHandle(created);
      })
      .catch(() => setHandle("failed"));
    return () => {
      isGone = true;
      made?.dispose();
    };
  }, [link, tty, rows, cols]);

  return (
    <figure data-wide="" className={css["terminal"]} aria-label={`Terminal ${tty}`}>
      <div className={css["screen"]} data-terminal-keys="" data-ended={state.kind === "ended"}>
        <div ref={place} />
      </div>
      <pre className={css["printed"]}>{printed}</pre>
      {handle === "failed" && (
        <p className={css["notice"]}>The terminal could not be fetched: is the network there?</p>
      )}
      <Notice state={state} />
      <figcaption className={css["hint"]}>
        <Buttons bar={bar} tty={tty} handle={typeof handle === "object" ? handle : undefined} />
        <span>
          <kbd>Ctrl</kbd> <kbd>]</kbd> or <kbd>Esc</kbd> <kbd>Tab</kbd> leaves
        </span>
      </figcaption>
    </figure>
  );
}

interface ButtonsProps {
  bar: RefObject<HTMLDivElement | null>;
  tty: string;
  handle: XtermHandle | undefined;
}

function Buttons({ bar, tty, handle }: ButtonsProps) {
  const notebook = useNotebook();
  const cell = useContext(CellIdContext);
  const [hasCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(handle?.text() ?? "");
    setCopied(true);
  };
  return (
    <div ref={bar} className={css["bar"]} role="toolbar" aria-label={`Terminal ${tty}`}>
      {cell !== undefined && (
        <button type="button" onClick={() => notebook.run([cell])}>
          {isBootedIn(notebook.cell(cell)) ? "Restart machine" : "Open another"}
        </button>
      )}
      <button type="button" onClick={() => handle?.clear()}>
        Clear
      </button>
      <button
        type="button"
        onClick={() => void copy().catch(() => undefined)}
        onBlur={() => setCopied(false)}
      >
        {hasCopied ? "Copied" : "Copy text"}
      </button>
    </div>
  );
}

/** Whether a run of the cell boots the terminal's machine; otherwise it lives in the names of another cell. */
function isBootedIn(cell: SessionCell | undefined): boolean {
  return cell !== undefined && /\bboot\s*\(/.test(cell.source);
}

/** What has become of the machine, where it is not simply alive. */
function Notice({ state }: { state: TerminalState }) {
  return (
    <p className={css["notice"]} role="status">
      {noticeOf(state)}
    </p>
  );
}

function noticeOf(state: TerminalState): string {
  switch (state.kind) {
    case "live":
      return "";
    case "ended":
      return "This machine has ended. Run the cell to type here again.";
    case "restarted":
      return state.isReplayed
        ? "The machine was booted again, and what was typed was typed again."
        : "The machine was booted again. What had been typed is gone: it had computed too much to be repeated.";
  }
}

/** Ctrl+W takes back a word in a terminal and closes the page in a browser, which no page can prevent: it is asked. */
function useAskBeforeLeaving(place: RefObject<HTMLElement | null>, state: TerminalState): void {
  const isAlive = state.kind !== "ended";
  useEffect(() => {
    if (!isAlive) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (place.current?.contains(document.activeElement) === true) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [place, isAlive]);
}

/** On paper the screen is text: taken when the page is printed. */
function usePrintedText(handle: XtermHandle | undefined): string {
  const [text, setText] = useState("");
  useEffect(() => {
    if (handle === undefined) return;
    // At once: the browser takes its picture when this has returned.
    const take = () => flushSync(() => setText(handle.text()));
    window.addEventListener("beforeprint", take);
    return () => window.removeEventListener("beforeprint", take);
  }, [handle]);
  return text;
}
