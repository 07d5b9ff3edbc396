import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KeptPages } from "./kept-pages.ts";

let server: Server;
let url = "";
let drawn: string[] = [];
let revision = "1";

beforeEach(async () => {
  drawn = [];
  server = createServer((request, response) => {
    void kept.answer(request, response).then((isAnswered) => isAnswered || draw(request, response));
  });
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  const kept = new KeptPages({ at: { host: "127.0.0.1", port }, revision: () => revision });
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** A site whose pages say who asks, with a script. */
function draw({ url: path = "", headers }: IncomingMessage, response: ServerResponse): void {
  const { cookie = "" } = headers;
  drawn.push(`${path} ${cookie}`.trim());
  const nonce = randomBytes(16).toString("hex");
  response.writeHead(path.endsWith("none") ? 404 : 200, {
    "content-security-policy": `script-src 'nonce-${nonce}'`,
  });
  response.end(`<html><p>${cookie}</p><script nonce="${nonce}">1</script></html>`);
}

async function read(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${url}${path}`, { headers });
  const text = await answer.text();
  const [, nonce = "none"] = /nonce="(\w+)"/.exec(text) ?? [];
  expect(answer.headers.get("content-security-policy")).toBe(`script-src 'nonce-${nonce}'`);
  return text;
}

test("all who are not signed in get one drawing, each with a nonce of their own", async () => {
  const texts = await Promise.all([read("/lectures/one"), read("/lectures/one")]);
  texts.push(await read("/lectures/one", { "accept-encoding": "identity" }));
  expect(new Set(texts).size).toBe(3);
  expect(drawn).toEqual(["/lectures/one"]);
});

test("who is signed in gets a page of their own", async () => {
  const cookie = "kernelbook.session_token=ada";
  await read("/lectures/one");
  expect(await read("/lectures/one", { cookie })).toContain("session_token=ada");
  expect(await read("/lectures/one", { cookie: `a=1; __Secure-${cookie}` })).toContain("ada");
  expect(await read("/lectures/one", { cookie: "kernelbook-theme=dark" })).not.toContain("ada");
});

test("of cookies only the colours reach a kept page, and each has its own", async () => {
  await read("/lectures/one", { cookie: "other=1; kernelbook-theme=dark" });
  await read("/lectures/one", { cookie: "kernelbook-theme=purple" });
  expect(drawn).toEqual(["/lectures/one kernelbook-theme=dark", "/lectures/one"]);
});

test("what is published is drawn at once", async () => {
  await read("/lectures/one");
  revision = "2";
  await read("/lectures/one");
  expect(drawn).toHaveLength(2);
});

test("only whole lectures are kept, and only those that are there", async () => {
  for (const path of ["/", "/lectures/one?q=1", "/lectures/one/pictures/a.png", "/lectures/none"]) {
    await read(path);
    await read(path);
  }
  expect(drawn.filter((path) => path === "/")).toHaveLength(2);
  expect(drawn.filter((path) => path === "/lectures/one?q=1")).toHaveLength(2);
  // Drawn to be kept, and then by itself.
  expect(drawn.filter((path) => path === "/lectures/none").length).toBeGreaterThan(1);
});

test("nobody else may ask as the process asks itself", async () => {
  await read("/lectures/one", { "x-kernelbook-draw": "f".repeat(64) });
  await read("/lectures/one", { "x-kernelbook-draw": "f".repeat(64) });
  expect(drawn).toHaveLength(1);
});
