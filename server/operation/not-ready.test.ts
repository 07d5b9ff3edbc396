import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { answerNotReady, needsNoDatabase } from "./not-ready.ts";

test("a browser asks again for what was looked at, and sends nothing twice", async () => {
  const server = createServer((request, response) => answerNotReady(request, response, "Wait."));
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  const seen = await Promise.all(
    ["GET", "POST"].map(async (method) => {
      const { status, headers } = await fetch(`http://127.0.0.1:${port}/class`, { method });
      return [status, headers.get("retry-after"), headers.get("refresh")];
    }),
  );
  server.close();
  expect(seen).toEqual([
    [503, "1", "1"],
    [503, "1", null],
  ]);
});

test.each([
  ["/_next/static/chunks/a.js", true],
  ["/readyz", true],
  ["/metrics", true],
  ["/", false],
  ["/lectures/ebpf", false],
  ["/sandboxes", false],
])("%s needs no database: %s", (url, needsNone) => {
  expect(needsNoDatabase({ url } as IncomingMessage)).toBe(needsNone);
});
