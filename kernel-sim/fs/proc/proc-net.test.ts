import { expect, test } from "vitest";
import type { SystemCalls } from "../../api-kernel.ts";
import { boot } from "../../index.ts";

const [AF_UNIX, AF_INET, SOCK_STREAM, SOCK_DGRAM] = [1, 2, 1, 2];
const LOCK_EX = 2;
const LOOPBACK = [127, 0, 0, 1];

/** `struct sockaddr_in`. */
function inetAddress(port: number): Uint8Array {
  return Uint8Array.from([2, 0, port >> 8, port & 0xff, ...LOOPBACK, 0, 0, 0, 0, 0, 0, 0, 0]);
}

function* textOf(sys: SystemCalls, path: string) {
  const fd = (yield* sys.open(path)) as number;
  const bytes = (yield* sys.read(fd, 8192)) as Uint8Array;
  yield* sys.close(fd);
  return new TextDecoder().decode(bytes);
}

test("sockets are listed with their addresses in the machine's order, states and queues", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const texts = machine.run(function* (sys: SystemCalls) {
    const server = yield* sys.call("socket", AF_INET, SOCK_STREAM, 0);
    yield* sys.call("bind", server, inetAddress(8080), 16);
    yield* sys.call("listen", server, 5);
    const client = yield* sys.call("socket", AF_INET, SOCK_STREAM, 0);
    yield* sys.call("connect", client, inetAddress(8080), 16);
    const udp = yield* sys.call("socket", AF_INET, SOCK_DGRAM, 0);
    yield* sys.call("bind", udp, inetAddress(53), 16);
    const unix = yield* sys.call("socket", AF_UNIX, SOCK_STREAM, 0);
    yield* sys.call("bind", unix, Uint8Array.from([1, 0, 0, 97, 98]), 5);
    yield* sys.call("listen", unix, 1);
    const found: string[] = [];
    for (const name of ["tcp", "udp", "unix", "dev", "route"]) {
      found[found.length] = (yield* textOf(sys, `/proc/net/${name}`)) as string;
    }
    return found;
  }) as string[];
  const [tcp = "", udp = "", unix = "", dev = "", route = ""] = texts;
  expect(tcp.split("\n").map((line) => line.length)).toEqual([149, 149, 149, 149, 0]);
  // The listener, with one connection that waits to be accepted; then both of its ends.
  expect(tcp).toMatch(/ {3}0: 0100007F:1F90 00000000:0000 0A 00000000:00000001 00:00000000/);
  expect(tcp).toMatch(/: 0100007F:1F90 0100007F:[0-9A-F]{4} 01 /);
  expect(tcp).toMatch(/: 0100007F:[0-9A-F]{4} 0100007F:1F90 01 /);
  expect(udp).toMatch(/: 0100007F:0035 00000000:0000 07 00000000:00000000/);
  expect(unix).toMatch(/: 00000002 00000000 00010000 0001 01 +\d+ @ab\n$/);
  expect(dev).toMatch(/\n {4}lo: +\d+ +3 /);
  expect(route).toMatch(/^Iface\tDestination\tGateway /);
});

test("/proc/locks tells who holds what, and who waits for it", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const text = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/tmp/lock", 0o102, 0o644)) as number;
    yield* sys.call("flock", fd, LOCK_EX);
    return yield* textOf(sys, "/proc/locks");
  });
  expect(text).toMatch(/^1: FLOCK {2}ADVISORY {2}WRITE \d+ [0-9a-f]{2}:[0-9a-f]{2}:\d+ 0 EOF\n$/);
});
