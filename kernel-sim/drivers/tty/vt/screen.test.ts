import { expect, test } from "vitest";
import { utf8 } from "../../../user/marshal.ts";
import { VtScreen } from "./screen.ts";

// What a Linux console of 4 rows by 10 columns shows: console_codes(4).
test.each([
  { name: "carriage return and line feed", text: "ab\r\ncd\ne", shows: "ab\ncd\n  e" },
  { name: "a line that is full goes on below", text: "0123456789x", shows: "0123456789\nx" },
  {
    name: "the last column is filled before the cursor wraps",
    text: "0123456789\r!",
    shows: "!123456789",
  },
  { name: "a backspace moves and a blank erases", text: "abc\b \b\bX", shows: "aX" },
  { name: "tabs stop at every eighth column", text: "a\tb", shows: "a       b" },
  {
    name: "what goes out at the top is gone from the screen",
    text: "1\r\n2\r\n3\r\n4\r\n5",
    shows: "2\n3\n4\n5",
  },
  { name: "the cursor goes where it is sent", text: "\x1b[2;3Hx\x1b[Hy", shows: "y\n  x" },
  {
    name: "erasing to the end of line and of screen",
    text: "abcdef\x1b[3D\x1b[K\r\nzz\x1b[H\x1b[J.",
    shows: ".",
  },
  {
    name: "insert and delete characters",
    text: "abcd\x1b[3D\x1b[2@X\x1b[4G\x1b[P",
    shows: "aX cd",
  },
  {
    name: "insert and delete lines",
    text: "1\r\n2\r\n3\x1b[2H\x1b[L\x1b[4H\x1b[M",
    shows: "1\n\n2",
  },
  {
    name: "a scrolling region leaves the rest alone",
    text: "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\n5",
    shows: "1\n3\n5\n4",
  },
  { name: "colours leave nothing behind", text: "\x1b[1;31mred\x1b[m", shows: "red" },
  { name: "characters of several bytes", text: "zażółć", shows: "zażółć" },
  { name: "bytes that are no character", text: "\xffa", shows: "\ufffda", isRaw: true },
])("a screen shows $name", ({ text, shows, isRaw }) => {
  const screen = new VtScreen(4, 10);
  const bytes = isRaw === true ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : utf8(text);
  // However the bytes come, in one piece or one by one.
  for (const byte of bytes) screen.write(Uint8Array.of(byte));
  expect(screen.text).toBe(shows);
});

test("lines that have left the screen can be scrolled to, and clear forgets them", () => {
  const screen = new VtScreen(2, 10);
  screen.write(utf8("1\r\n2\r\n3"));
  expect(screen.textWithHistory).toBe("1\n2\n3");
  screen.write(utf8("\x1b[H\x1b[2J\x1b[3J"));
  expect(screen.textWithHistory).toBe("");
});

test("who asks where the cursor is gets an answer", () => {
  const screen = new VtScreen(4, 10);
  screen.write(utf8("\r\nab\x1b[6n"));
  expect(String.fromCharCode(...screen.takeAnswer())).toBe("\x1b[2;3R");
  expect(screen.takeAnswer()).toHaveLength(0);
});
