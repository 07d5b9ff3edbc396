"use client";

import type * as Fit from "@xterm/addon-fit";
import type * as Xterm from "@xterm/xterm";
import type { TerminalLink } from "#notebook/session";
import { TerminalKeys } from "./terminal-keys.ts";
import { followTheme, xtermTheme } from "./xterm-theme.ts";

/** One terminal on the page. */
export interface XtermHandle {
  focus(): void;
  /** Forgets the lines above the one with the cursor. */
  clear(): void;
  /** The selection, or all lines. */
  text(): string;
  dispose(): void;
}

interface XtermOptions {
  readonly link: TerminalLink;
  readonly rows: number;
  readonly cols: number;
  readonly ariaLabel: string;
  /** The reader wants out, by the key that leaves. */
  readonly onLeave: () => void;
}

/** Lines above the screen that can be scrolled to. */
const SCROLLBACK = 1000;
const COLS_MIN = 20;

interface Loaded {
  readonly xterm: typeof Xterm;
  readonly fit: typeof Fit;
}

let loading: Promise<Loaded> | undefined;

/** Fetches xterm.js once; after a failure the next terminal tries again. */
async function loadXterm(): Promise<Loaded> {
  loading ??= fetchXterm().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** As esbuild has bundled it into `public/`. */
async function fetchXterm(): Promise<Loaded> {
  const [xterm, fit] = await Promise.all([
    // @ts-expect-error: an address of the site, not a file of the project
    import(/* turbopackIgnore: true */ "/xterm/xterm.js") as Promise<typeof Xterm>,
    // @ts-expect-error: an address of the site, not a file of the project
    import(/* turbopackIgnore: true */ "/xterm/addon-fit.js") as Promise<typeof Fit>,
    loadStyles("/xterm/xterm-style.css"),
    document.fonts.ready,
  ]);
  return { xterm, fit };
}

function loadStyles(href: string): Promise<void> {
  return new Promise((loaded, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => loaded();
    link.onerror = () => failed(new Error(`${href} did not come`));
    document.head.append(link);
  });
}

/** Puts a terminal into `host`; undefined when nobody wants it any more. */
export async function createXterm(
  host: HTMLElement,
  options: XtermOptions,
  isWanted: () => boolean,
): Promise<XtermHandle | undefined> {
  const { xterm, fit } = await loadXterm();
  if (!isWanted()) return undefined;
  const { link, rows, cols, ariaLabel } = options;
  const terminal = new xterm.Terminal({ ...LOOKS, rows, cols, ...colours(), fontFamily: font() });
  const fitter = new fit.FitAddon();
  terminal.loadAddon(fitter);
  terminal.open(host);
  terminal.textarea?.setAttribute("aria-label", ariaLabel);
  answerNothing(terminal);
  followKeys(terminal, options.onLeave);
  const follow = () => {
    const fitting = fitter.proposeDimensions()?.cols ?? cols;
    const width = Math.max(COLS_MIN, Math.min(cols, fitting));
    if (width !== terminal.cols) terminal.resize(width, rows);
  };
  const stopShowing = link.show({
    show: (bytes, done) => terminal.write(bytes, done),
    clear: () => terminal.reset(),
  });
  // Typed after what was printed before has been read: it may hold questions.
  terminal.onData((text) => link.type(text));
  terminal.onResize((size) => link.resize(size.rows, size.cols));
  const resized = new ResizeObserver(follow);
  resized.observe(host);
  follow();
  const stopTheme = followTheme(() => Object.assign(terminal.options, colours()));
  return {
    focus: () => terminal.focus(),
    clear: () => terminal.clear(),
    text: () => terminal.getSelection() || allLines(terminal),
    dispose() {
      stopShowing();
      stopTheme();
      resized.disconnect();
      terminal.dispose();
    },
  };
}

/** The machine's own terminal has answered what a program asks, and a second answer would look typed. */
function answerNothing({ parser }: Xterm.Terminal): void {
  const handled = () => true;
  for (const id of [
    { final: "n" },
    { final: "c" },
    { prefix: "?", final: "n" },
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { intermediates: "$", final: "p" },
    { prefix: "?", intermediates: "$", final: "p" },
  ]) {
    parser.registerCsiHandler(id, handled);
  }
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, handled);
  // Questions about colours, and links and titles: a Linux console knows none of them.
  for (const code of [0, 1, 2, 4, 8, 10, 11, 12, 52]) parser.registerOscHandler(code, handled);
}

function followKeys(terminal: Xterm.Terminal, onLeave: () => void): void {
  const keys = new TerminalKeys();
  terminal.attachCustomKeyEventHandler((event) => {
    switch (keys.sort(event, terminal.hasSelection())) {
      case "machine":
        return true;
      case "page":
        return false;
      case "leave":
        event.preventDefault();
        onLeave();
        return false;
      case "copy":
        event.preventDefault();
        void navigator.clipboard?.writeText(terminal.getSelection()).catch(() => undefined);
        terminal.clearSelection();
        return false;
    }
  });
}

function allLines({ buffer }: Xterm.Terminal): string {
  const { active } = buffer;
  const lines: string[] = [];
  for (let i = 0; i < active.length; i++) {
    const line = active.getLine(i);
    const text = line?.translateToString(true) ?? "";
    if (line?.isWrapped === true && lines.length > 0) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

function colours(): Xterm.ITerminalOptions {
  return { theme: xtermTheme() };
}

/** The page's own font for code: what it is called is the page's business. */
function font(): string {
  return getComputedStyle(document.documentElement).getPropertyValue("--mono");
}

const LOOKS: Xterm.ITerminalOptions = {
  fontSize: 12.5,
  lineHeight: 1.3,
  cursorBlink: false,
  cursorStyle: "block",
  cursorInactiveStyle: "outline",
  scrollback: SCROLLBACK,
  screenReaderMode: true,
  minimumContrastRatio: 4.5,
  macOptionIsMeta: true,
  // A link in a program's output goes nowhere.
  linkHandler: { activate: () => undefined },
};
