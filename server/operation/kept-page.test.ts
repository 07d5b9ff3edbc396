import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { keepPage } from "./kept-page.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const other = "fedcba9876543210fedcba9876543210";

test("a kept page is the page with another nonce, packed and plain", async () => {
  const script = `<script nonce="${nonce}">schön("${"x".repeat(40)}")</script>`;
  const filler = randomBytes(90_000).toString("base64");
  const text = `<html>${script}${filler}${script.repeat(20)}${filler}</html>`;
  const page = await keepPage(text, [nonce]);
  const expected = text.replaceAll(nonce, other);
  expect(page.plain([other]).toString()).toBe(expected);
  expect(gunzipSync(page.gzip([other])).toString()).toBe(expected);
});

test("a kept page may begin and end with its nonce, or have none", async () => {
  for (const text of [`${nonce}a${nonce}${nonce}`, "no script at all"]) {
    const page = await keepPage(text, [nonce]);
    expect(gunzipSync(page.gzip([other])).toString()).toBe(text.replaceAll(nonce, other));
  }
});

test("each reader's own words stand where those of others stood", async () => {
  const page = await keepPage(`<b>namen</b><script nonce="${nonce}">"namen nameu"</script>`, [
    ...[nonce, "namen", "nameu"],
  ]);
  const own = [other, "Zoë", "zoe"];
  const expected = `<b>Zoë</b><script nonce="${other}">"Zoë zoe"</script>`;
  expect(page.counts).toEqual([1, 2, 1]);
  expect(page.plain(own).toString()).toBe(expected);
  expect(gunzipSync(page.gzip(own)).toString()).toBe(expected);
});

test("packing a kept page leaves it small", async () => {
  const text = `<p>one line as any other</p><script nonce="${nonce}">1</script>\n`.repeat(2000);
  const page = await keepPage("<p>one line as any other</p>\n".repeat(5000) + text, [nonce]);
  expect(page.gzip([other]).length).toBeLessThan(page.plain([other]).length);
});
