import fc from "fast-check";
import { expect, test } from "vitest";
import { safeReturn } from "./safe-return.ts";

test.each([
  {
    name: "a page of the site",
    asked: "/lectures/11-ebpf-1?x=1#maps",
    answer: "/lectures/11-ebpf-1?x=1#maps",
  },
  { name: "nothing", asked: undefined, answer: "/" },
  { name: "another site", asked: "https://elsewhere.example/", answer: "/" },
  { name: "another site by two slashes", asked: "//elsewhere.example", answer: "/" },
  { name: "another site by a slash and a backslash", asked: "/\\elsewhere.example", answer: "/" },
  {
    name: "another site behind a tab, which browsers drop",
    asked: "/\t/elsewhere.example",
    answer: "/",
  },
  { name: "another site behind a dot", asked: "/.//elsewhere.example", answer: "/" },
  { name: "a script", asked: "javascript:alert(1)", answer: "/" },
  { name: "the sign-in page itself", asked: "/signin?from=/x", answer: "/" },
  { name: "a page whose name begins like it", asked: "/signing", answer: "/signing" },
  { name: "two values", asked: ["/a", "/b"], answer: "/" },
])("$name leads to $answer", ({ asked, answer }) => {
  expect(safeReturn(asked)).toBe(answer);
});

test("whatever is asked, a browser stays on the site", () => {
  const pieces = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "@",
    ":",
    "x",
    "\t",
    "\n",
    "%2f",
    "?",
    "#",
    "http:",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const url = new URL(safeReturn(parts.join("")), "https://os.example.edu/signin");
      expect(url.origin).toBe("https://os.example.edu");
    }),
  );
});
