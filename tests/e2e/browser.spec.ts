import { createServer } from "node:http";
import { expect, test } from "playwright/test";

test("the browser of the tests keeps sites apart", async ({ page }) => {
  const other = createServer((_request, response) => response.end("<p>not for you</p>"));
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  const address = other.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  await page.goto("about:blank");
  const answer = await page.evaluate(async (url) => {
    try {
      const response = await fetch(url);
      return await response.text();
    } catch (error) {
      return String(error);
    }
  }, `http://127.0.0.1:${address.port}/`);
  other.close();
  expect(answer).toContain("Failed to fetch");
});

test("every page brings a policy with a nonce of its own, and keeps it", async ({ page }) => {
  const violations: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
  });
  const nonces: string[] = [];
  for (const path of ["/", "/no-such-page"]) {
    const response = await page.goto(path);
    const policy = response?.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("'unsafe-eval'");
    nonces.push(/'nonce-([^']+)'/.exec(policy)?.[1] ?? "");
    await page.waitForLoadState("load");
  }
  expect(new Set(nonces).size).toBe(2);
  expect(violations).toEqual([]);
});
