import type { ITheme } from "@xterm/xterm";

/** The sixteen colours of a terminal, by the book's own: paper and ink, and hues that can be read on paper. */
const COLOURS = {
  background: "paper",
  foreground: "ink",
  cursor: "ink",
  cursorAccent: "paper",
  selectionBackground: "code-selection",
  selectionInactiveBackground: "panel-2",
  scrollbarSliderBackground: "rule",
  scrollbarSliderHoverBackground: "rule-strong",
  scrollbarSliderActiveBackground: "rule-strong",
  black: "ink",
  red: "failed-text",
  green: "passed-text",
  yellow: "stale-text",
  blue: "user-text",
  magenta: "interrupt-text",
  cyan: "bpf-text",
  white: "ink-3",
  brightBlack: "ink-2",
  brightRed: "fault-text",
  brightGreen: "passed-text",
  brightYellow: "kernel-text",
  brightBlue: "user-text",
  brightMagenta: "interrupt-text",
  brightCyan: "bpf-text",
  brightWhite: "ink-2",
} as const;

/** The page's colours as they are at this moment. */
export function xtermTheme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const entries = Object.entries(COLOURS);
  return Object.fromEntries(
    entries.map(([name, token]) => [name, style.getPropertyValue(`--${token}`).trim()]),
  );
}

/** Calls `apply` when the reader, or the system, turns the page dark or light; answers how to stop. */
export function followTheme(apply: () => void): () => void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(apply);
  system.addEventListener("change", apply);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", apply);
    chosen.disconnect();
  };
}
