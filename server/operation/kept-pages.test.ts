import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Reader } from "./drawn-page.ts";
import { KeptPages } from "./kept-pages.ts";
import { STAND_IN_HEADER, standInWords } from "./stand-in.ts";

let server: Server;
let url = "";
let drawn: string[] = [];
let revision = "1";
let kept: KeptPages;
/** Of those that sessions belong to, by cookie. */
let readers: Record<string, Reader | undefined> = {};

beforeEach(async () => {
  drawn = [];
  onDraw = () => {};
  readers = { ada: readerOf("ada"), grace: readerOf("grace") };
  server = createServer((request, response) => {
    void kept.answer(request, response).then((isAnswered) => isAnswered || draw(request, response));
  });
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  kept = new KeptPages({
    ...{ at: { host: "127.0.0.1", port }, revision: () => revision },
    readerOf: async (cookie) => {
      const name = cookie.split("=")[1] ?? "";
      return name in readers ? readers[name] : "nobody";
    },
  });
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

function readerOf(name: string, group = "students"): Reader {
  const called = { userId: `id-of-${name}`, name: `${name} x`, username: name, initials: "X" };
  const own = { ...called, work: `work-of-${name}`, elsewhere: "" };
  return { group, own };
}

/** What happens while a page is drawn. */
let onDraw = () => {};

/** A site whose pages say who asks, with a script. */
function draw({ url: path = "", headers }: IncomingMessage, response: ServerResponse): void {
  const { cookie = "", [STAND_IN_HEADER]: word } = headers;
  drawn.push(`${path} ${cookie}`.trim());
  onDraw();
  const { own } = readers[cookie.split("=")[1] ?? ""] ?? {};
  const words = own && { ...own, ...(word === undefined ? {} : standInWords(String(word))) };
  const said = words === undefined ? cookie : Object.values(words).join(" ");
  const nonce = randomBytes(16).toString("hex");
  response.writeHead(path.endsWith("none") ? 404 : 200, {
    "content-security-policy": `script-src 'nonce-${nonce}'`,
  });
  response.end(`<html><p>${said}</p><script nonce="${nonce}">1</script></html>`);
}

async function read(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${url}${path}`, { headers });
  const text = await answer.text();
  const [, nonce = "none"] = /nonce="(\w+)"/.exec(text) ?? [];
  expect(answer.headers.get("content-security-policy")).toBe(`script-src 'nonce-${nonce}'`);
  return text;
}

function readAs(name: string): Promise<string> {
  return read("/lectures/one", { cookie: `kernelbook.session_token=${name}` });
}

test("all who are not signed in get one drawing, each with a nonce of their own", async () => {
  const texts = await Promise.all([read("/lectures/one"), read("/lectures/one")]);
  texts.push(await read("/lectures/one", { "accept-encoding": "identity" }));
  expect(new Set(texts).size).toBe(3);
  expect(drawn).toEqual(["/lectures/one"]);
});

test("what was drawn before anybody came is there, and one that cannot be drawn is left out", async () => {
  await kept.warm(["/lectures/none", "/lectures/one"], new URL(url).host);
  expect(drawn).toEqual(["/lectures/none", "/lectures/one"]);
  await read("/lectures/one");
  expect(drawn).toHaveLength(2);
});

test("a group gets one drawing, each reader with words of their own", async () => {
  const [ada, grace] = [await readAs("ada"), await readAs("grace")];
  expect(ada).toContain("<p>id-of-ada ada x ada X work-of-ada </p>");
  expect(grace).toContain("<p>id-of-grace grace x grace X work-of-grace </p>");
  expect(grace).not.toContain("ada");
  expect(drawn).toEqual(["/lectures/one kernelbook.session_token=ada"]);
});

test("another group gets another drawing, and who has something of their own one alone", async () => {
  readers = { ...readers, tina: readerOf("tina", "evening students"), stef: undefined };
  for (const name of ["ada", "tina", "stef", "stef"]) await readAs(name);
  const cookies = ["ada", "tina", "stef", "stef"];
  expect(drawn).toEqual(cookies.map((name) => `/lectures/one kernelbook.session_token=${name}`));
});

test("an ended session gets what nobody's session gets", async () => {
  await read("/lectures/one");
  expect(await readAs("gone")).toContain("<p></p>");
  expect(drawn).toEqual(["/lectures/one"]);
});

test("a page is not kept when who it was drawn for has left the group meanwhile", async () => {
  onDraw = () => {
    readers = { ...readers, ada: readerOf("ada", "staff") };
  };
  await readAs("ada");
  expect(await readAs("grace")).toContain("grace");
  expect(drawn.at(-1)).toContain("grace");
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
