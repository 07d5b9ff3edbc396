/** What becomes of a key that is pressed in a terminal. */
export type TerminalKey =
  /** It goes to the machine. */
  | "machine"
  /** It is the page's: the focus moves on, the clipboard is used. */
  | "page"
  | "leave"
  | "copy";

interface KeyPress {
  readonly type: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/**
 * Sorts the keys of a terminal. It takes Tab as well, so there are two ways out: Ctrl+], as of telnet, and Tab after
 * Escape.
 */
export class TerminalKeys {
  #isAfterEscape = false;

  sort(press: KeyPress, hasSelection: boolean): TerminalKey {
    if (press.type !== "keydown") return "machine";
    const isAfterEscape = this.#isAfterEscape;
    const isShift = press.key === "Shift";
    this.#isAfterEscape = press.key === "Escape" || (isAfterEscape && isShift);
    if (press.key === "Tab" && isAfterEscape) return "page";
    const isCtrl = press.ctrlKey && !press.altKey && !press.metaKey;
    if (isCtrl && press.key === "]") return "leave";
    const letter = press.key.toLowerCase();
    if (isCtrl && letter === "c" && (hasSelection || press.shiftKey)) return "copy";
    // Pasting is the browser's: it asks the reader, and answers by an event.
    if (isCtrl && letter === "v") return "page";
    return "machine";
  }
}
