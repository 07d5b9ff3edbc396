import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { ADDRESS_HEADER, settlePeer } from "./peer.ts";

test.each([
  { peer: "192.0.2.7", forwarded: "", isBehindProxy: false, answer: "192.0.2.7" },
  { peer: "::ffff:192.0.2.7", forwarded: "", isBehindProxy: false, answer: "192.0.2.7" },
  { peer: "2001:db8:1:2:3:4:5:6", forwarded: "", isBehindProxy: false, answer: "2001:db8:1:2::" },
  { peer: "2001:db8::6", forwarded: "", isBehindProxy: false, answer: "2001:db8:0:0::" },
  // Nobody escapes a limit by inventing addresses.
  { peer: "192.0.2.7", forwarded: "203.0.113.1", isBehindProxy: false, answer: "192.0.2.7" },
  { peer: "127.0.0.1", forwarded: "203.0.113.1", isBehindProxy: true, answer: "203.0.113.1" },
  {
    peer: "127.0.0.1",
    forwarded: "1.2.3.4, 203.0.113.1",
    isBehindProxy: true,
    answer: "203.0.113.1",
  },
  { peer: "127.0.0.1", forwarded: "", isBehindProxy: true, answer: "127.0.0.1" },
])("from $peer, forwarded for '$forwarded' (proxy: $isBehindProxy): $answer", (row) => {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: row.peer });
  const request = new IncomingMessage(socket);
  request.headers = { [ADDRESS_HEADER]: "198.51.100.1", "x-forwarded-for": row.forwarded };
  settlePeer(request, row.isBehindProxy);
  expect(request.headers[ADDRESS_HEADER]).toBe(row.answer);
});
