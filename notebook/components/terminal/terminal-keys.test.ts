import { expect, test } from "vitest";
import { TerminalKeys } from "./terminal-keys.ts";

const NONE = { type: "keydown", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };
const press = (key: string, held: Partial<typeof NONE> = {}) => ({ ...NONE, key, ...held });

test.each([
  { name: "Tab is the machine's", keys: [press("Tab")], last: "machine" },
  { name: "Tab after Escape is the page's", keys: [press("Escape"), press("Tab")], last: "page" },
  {
    name: "Shift+Tab after Escape, too",
    keys: [press("Escape"), press("Shift"), press("Tab", { shiftKey: true })],
    last: "page",
  },
  {
    name: "with another key in between it is the machine's again",
    keys: [press("Escape"), press("a"), press("Tab")],
    last: "machine",
  },
  { name: "Escape itself is the machine's", keys: [press("Escape")], last: "machine" },
  { name: "Ctrl+] leaves", keys: [press("]", { ctrlKey: true })], last: "leave" },
  { name: "Ctrl+C is the machine's", keys: [press("c", { ctrlKey: true })], last: "machine" },
  { name: "Ctrl+Z and Ctrl+S, too", keys: [press("s", { ctrlKey: true })], last: "machine" },
  { name: "Ctrl+V pastes", keys: [press("v", { ctrlKey: true })], last: "page" },
])("$name", ({ keys, last }) => {
  const sorter = new TerminalKeys();
  expect(keys.map((key) => sorter.sort(key, false)).at(-1)).toBe(last);
});

test("Ctrl+C copies what is selected", () => {
  expect(new TerminalKeys().sort(press("c", { ctrlKey: true }), true)).toBe("copy");
});
