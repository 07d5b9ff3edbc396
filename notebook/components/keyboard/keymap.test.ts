import { expect, test } from "vitest";
import { KEY_BINDINGS, KeyReader, MENU_ONLY } from "./keymap.ts";

const press = (
  key: string,
  held: Partial<Record<"shiftKey" | "ctrlKey" | "altKey", boolean>> = {},
) => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...held,
});

test.each([
  {
    name: "Shift+Enter runs and goes on, in the editor too",
    key: press("Enter", { shiftKey: true }),
    mode: "edit",
    command: "run-and-next",
  },
  {
    name: "Ctrl+Enter runs",
    key: press("Enter", { ctrlKey: true }),
    mode: "command",
    command: "run",
  },
  { name: "Enter edits", key: press("Enter"), mode: "command", command: "edit" },
  {
    name: "Enter is a new line in the editor",
    key: press("Enter"),
    mode: "edit",
    command: undefined,
  },
  { name: "j is a letter in the editor", key: press("j"), mode: "edit", command: undefined },
  { name: "j goes to the next cell", key: press("j"), mode: "command", command: "next" },
  {
    name: "? asks for help, whatever makes it",
    key: press("?", { shiftKey: true }),
    mode: "command",
    command: "help",
  },
  {
    name: "Ctrl+C copies what is selected, not the cell",
    key: press("c", { ctrlKey: true }),
    mode: "command",
    command: undefined,
  },
] as const)("$name", ({ key, mode, command }) => {
  expect(new KeyReader().read(key, mode, 0)).toBe(command);
});

test("i twice interrupts, once and slowly does not", () => {
  const reader = new KeyReader();
  expect(reader.read(press("i"), "command", 0)).toBeUndefined();
  expect(reader.read(press("i"), "command", 300)).toBe("interrupt");
  expect(reader.read(press("i"), "command", 400)).toBeUndefined();
  expect(reader.read(press("i"), "command", 2000)).toBeUndefined();
});

test("another key between the two takes the first one back", () => {
  const reader = new KeyReader();
  reader.read(press("0"), "command", 0);
  reader.read(press("j"), "command", 100);
  expect(reader.read(press("0"), "command", 200)).toBeUndefined();
});

test("no key means two things in one mode", () => {
  for (const mode of ["command", "edit"] as const) {
    const keys = KEY_BINDINGS.filter(
      (binding) => binding.mode === mode || binding.mode === "both",
    ).flatMap((binding) => binding.keys);
    expect(keys.length).toBe(new Set(keys).size);
  }
  expect(KEY_BINDINGS.map(({ command }) => command)).not.toContain(MENU_ONLY[0]);
});
