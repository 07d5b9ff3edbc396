import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of the attacker's on another origin, which notes whoever comes. */
export interface Listener {
  readonly url: string;
  /** Where a STUN server would answer. */
  readonly stun: string;
  /** Paths that were asked for since the last `forget`, and `udp` for each packet. */
  readonly seen: readonly string[];
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

/** Answers everybody, whatever they ask for, in the kind that their request wants. */
export async function listen(): Promise<Listener> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    const isStream = request.url?.includes("event-source") ?? false;
    const isScript = /script|import|worker/.test(request.url ?? "");
    response.writeHead(200, {
      "access-control-allow-origin": "*",
      "content-type": isStream ? "text/event-stream" : isScript ? "text/javascript" : "text/html",
    });
    response.end(isStream ? "data: reached\n\n" : isScript ? "export {}" : "reached");
  });
  server.on("upgrade", (request, socket) => {
    seen.push(request.url ?? "");
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  const udp = createSocket("udp4", () => seen.push("udp"));
  udp.bind(0, "127.0.0.1");
  await Promise.all([once(server, "listening"), once(udp, "listening")]);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stun: `stun:127.0.0.1:${udp.address().port}`,
    seen,
    forget: () => {
      seen.length = 0;
    },
    close: async () => {
      udp.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
