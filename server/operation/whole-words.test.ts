import { expect, test } from "vitest";
import { withWholeWords } from "./whole-words.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const push = (text: string) =>
  `<script nonce="${nonce}">self.__next_f.push([1,"${text}"])</script>`;

/** What the page's scripts say together. */
function said(page: string): string {
  return [...page.matchAll(/push\(\[1,"(.*?)"\]\)<\/script>/g)].map(([, text]) => text).join("");
}

test("a word that is torn apart stands whole in the piece after it", () => {
  const page = `<p>ada</p>${push('{\\"by\\":\\"gra')}<i>1</i>${push('ce\\"}')}${push("end")}`;
  const whole = withWholeWords(page, nonce, [nonce, "grace"]) ?? "";
  expect(whole).toContain(`<p>ada</p>${push('{\\"by\\":\\"')}<i>1</i>${push('grace\\"}')}`);
  expect(said(whole)).toBe(said(page));
});

test("the nonce of the scripts may be torn as well, and the last piece end with half a word", () => {
  const page = push(nonce.slice(0, 9)) + push(`${nonce.slice(9)} gra`);
  expect(withWholeWords(page, nonce, [nonce, "grace"])).toBe(push("") + push(`${nonce} gra`));
});

test("a page in which a word cannot be made whole is not kept, nor one written in bytes", () => {
  const torn = push("g") + push("rac") + push("e");
  expect(withWholeWords(torn, nonce, ["grace"])).toBeUndefined();
  const bytes = `<script nonce="${nonce}">self.__next_f.push([3,"Z3JhY2U="])</script>`;
  expect(withWholeWords(bytes, nonce, ["grace"])).toBeUndefined();
});

test("a page without such scripts stays as it is", () => {
  expect(withWholeWords("<p>grace</p>", nonce, ["grace"])).toBe("<p>grace</p>");
});
