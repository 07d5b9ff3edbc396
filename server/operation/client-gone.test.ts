import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { isClientGone } from "./client-gone.ts";

test("what Node says of somebody who left in the middle of a request is known as that", async () => {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "localhost");
  socket.write("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf");
  const [request]: IncomingMessage[] = await once(server, "request");
  const said = new Promise((answer) => request?.on("error", answer));
  socket.destroy();
  expect(isClientGone(await said)).toBe(true);
  server.close();
});

test.each([
  new Error("aborted"),
  Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  "aborted",
])("%s is something else", (error) => {
  expect(isClientGone(error)).toBe(false);
});
