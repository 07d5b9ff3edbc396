import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { mayChangeThings, settleHost } from "./same-site.ts";

const SITE = "https://os.example.edu";

describe.each([
  { name: "a site with a name", origin: SITE, host: "10.0.0.7:3000" },
  { name: "a site without", origin: undefined, host: "os.example.edu" },
])("$name", ({ origin, host }) => {
  const cases: [string, Record<string, string>, boolean][] = [
    ["POST", { origin: SITE }, true],
    ["POST", { origin: "https://elsewhere.example" }, false],
    ["POST", { origin: "https://os.example.edu.elsewhere.example" }, false],
    ["POST", { origin: "https://os.example.edu:8443" }, false],
    // What a sandboxed frame and a redirect across sites say.
    ["POST", { origin: "null" }, false],
    ["POST", {}, false],
    ["POST", { "sec-fetch-site": "cross-site" }, false],
    ["POST", { "sec-fetch-site": "same-origin" }, true],
    ["DELETE", { origin: "https://elsewhere.example" }, false],
    ["GET", { origin: "https://elsewhere.example" }, true],
  ];
  test.each(cases)("%s with %j: %s", (method, headers, answer) => {
    const request = { method, headers: { ...headers, host } };
    expect(mayChangeThings(request, { origin, isBehindProxy: false })).toBe(answer);
  });
});

test("another scheme of the same name is another site, where the site has a name", () => {
  const request = { method: "POST", headers: { origin: "http://os.example.edu" } };
  expect(mayChangeThings(request, { origin: SITE, isBehindProxy: true })).toBe(false);
});

test.each([
  { name: "behind a proxy the site has its own name", isBehindProxy: true, host: "os.example.edu" },
  { name: "without one the name stays", isBehindProxy: false, host: "backend:3000" },
])("$name", ({ isBehindProxy, host }) => {
  const request = new IncomingMessage(new Socket());
  request.headers = { host: "backend:3000" };
  settleHost(request, { origin: SITE, isBehindProxy });
  expect(request.headers.host).toBe(host);
});
