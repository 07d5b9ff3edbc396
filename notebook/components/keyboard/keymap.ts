/** JupyterLab's keys, as far as a lecture has what they speak of: its cells stand where they stand. */

export type Command =
  | "run-and-next"
  | "run"
  | "edit"
  | "leave"
  | "next"
  | "previous"
  | "first"
  | "last"
  | "run-all-above"
  | "run-all"
  | "interrupt"
  | "restart"
  | "restart-and-run-all"
  | "toggle-output"
  | "toggle-line-numbers"
  | "copy"
  | "history"
  | "reset"
  | "save"
  | "help";

export type Mode = "command" | "edit";

export interface KeyBinding {
  readonly command: Command;
  readonly mode: Mode | "both";
  /** `Shift+Enter`; two keys after each other with a space between: `i i`. */
  readonly keys: readonly string[];
  readonly says: string;
}

export const KEY_BINDINGS: readonly KeyBinding[] = [
  {
    command: "run-and-next",
    mode: "both",
    keys: ["Shift+Enter"],
    says: "Run the cell and go to the next one",
  },
  {
    command: "run",
    mode: "both",
    keys: ["Ctrl+Enter", "Meta+Enter", "Alt+Enter"],
    says: "Run the cell and stay (nothing is inserted: a lecture’s cells are fixed)",
  },
  {
    command: "save",
    mode: "both",
    keys: ["Ctrl+s", "Meta+s"],
    says: "Save now (every keystroke is kept anyway)",
  },
  { command: "edit", mode: "command", keys: ["Enter"], says: "Edit the cell" },
  { command: "leave", mode: "edit", keys: ["Escape", "Ctrl+m"], says: "Leave the editor" },
  { command: "next", mode: "command", keys: ["ArrowDown", "j"], says: "Next cell" },
  { command: "previous", mode: "command", keys: ["ArrowUp", "k"], says: "Previous cell" },
  { command: "first", mode: "command", keys: ["Ctrl+Home"], says: "First cell" },
  { command: "last", mode: "command", keys: ["Ctrl+End"], says: "Last cell" },
  { command: "interrupt", mode: "command", keys: ["i i"], says: "Interrupt the running cell" },
  { command: "restart", mode: "command", keys: ["0 0"], says: "Restart the machine" },
  { command: "toggle-output", mode: "command", keys: ["o"], says: "Fold or show the output" },
  {
    command: "toggle-line-numbers",
    mode: "command",
    keys: ["Shift+L", "l"],
    says: "Show or hide line numbers",
  },
  { command: "copy", mode: "command", keys: ["c"], says: "Copy the cell’s text" },
  { command: "help", mode: "command", keys: ["?", "h"], says: "Show these keys" },
];

/** What stands in a menu only, since JupyterLab has no key for it. */
export const MENU_ONLY: readonly Command[] = [
  "run-all",
  "run-all-above",
  "restart-and-run-all",
  "history",
  "reset",
];

interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** The name of a key press as the table above writes it. */
export function nameOf(press: KeyPress): string {
  const isLetter = /^[a-z]$/i.test(press.key);
  const key = isLetter ? press.key.toLowerCase() : press.key;
  const parts = [
    press.ctrlKey && "Ctrl",
    press.altKey && "Alt",
    press.metaKey && "Meta",
    // A sign such as `?` already says that Shift was held.
    press.shiftKey && (isLetter || press.key.length > 1) && "Shift",
    isLetter && press.shiftKey ? key.toUpperCase() : key,
  ];
  return parts.filter(Boolean).join("+");
}

/** How long the second key of a pair may be waited for, in ms. */
const PAIR_MS = 1000;

/** Reads key presses, pairs like `i i` included. */
export class KeyReader {
  #first = "";
  #firstAt = 0;

  /** The command of this press; undefined for none, or for the first half of a pair. */
  read(press: KeyPress, mode: Mode, atMs: number): Command | undefined {
    const name = nameOf(press);
    const pair = atMs - this.#firstAt <= PAIR_MS ? `${this.#first} ${name}` : "";
    const bindings = KEY_BINDINGS.filter(({ mode: own }) => own === "both" || own === mode);
    const found = bindings.find(({ keys }) => keys.includes(name) || keys.includes(pair));
    this.#first = found === undefined ? name : "";
    this.#firstAt = atMs;
    return found?.command;
  }
}
