import { readInt, text, untilNul, writeInt } from "../bytes.ts";
import type { Arg, ArgObject } from "../scenario.ts";
import {
  type Form,
  type Forms,
  input,
  intOf,
  listOf,
  numberOf,
  objectOf,
  output,
  type Target,
  textOf,
} from "./form.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCKADDR_IN_BYTES = 16;
const EPHEMERAL_PORT_MIN = 32768;

/** The bytes of a socket address. */
export function addressBytes(target: Target, arg: Arg | undefined): Uint8Array {
  const address = objectOf(arg);
  if (address["un"] !== undefined) return unixAddress(textOf(address["un"]));
  if (address["in"] !== undefined) return inetAddress(target, address);
  const bytes = new Uint8Array(2 + numberOf(target, address["pad"], 14));
  writeInt(bytes, 0, "u16", intOf(target, address["family"]));
  return bytes;
}

function unixAddress(path: string): Uint8Array {
  const name = path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`;
  const bytes = Buffer.concat([new Uint8Array(2), Buffer.from(path === "" ? "" : name, "utf8")]);
  writeInt(bytes, 0, "u16", AF_UNIX);
  return bytes;
}

function inetAddress(target: Target, address: ArgObject): Uint8Array {
  const [host, port] = listOf(address["in"]);
  const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
  writeInt(bytes, 0, "u16", AF_INET);
  const number = numberOf(target, port);
  bytes.set([(number >> 8) & 0xff, number & 0xff], 2);
  bytes.set(textOf(host).split(".").map(Number), 4);
  return bytes;
}

/** A socket address as the corpus records it. */
export function recordAddress(bytes: Uint8Array): unknown {
  if (bytes.length < 2) return null;
  const family = readInt(bytes, 0, "u16");
  if (family === AF_UNIX) return { un: unixName(bytes.subarray(2)) };
  if (family === AF_INET && bytes.length >= 8) {
    const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    const host = [...bytes.subarray(4, 8)].join(".");
    return { in: [host, port >= EPHEMERAL_PORT_MIN ? "eph" : port] };
  }
  return { family };
}

function unixName(bytes: Uint8Array): string {
  if (bytes.length > 0 && bytes[0] === 0) return `@${text(bytes.subarray(1))}`;
  return text(untilNul(bytes));
}

const sa: Form = (target, arg) => input(target, addressBytes(target, arg["sa"]));

/** A buffer for a socket address. How much of it was filled stands in the `socklen` behind it. */
const sockaddrOut: Form = (target, arg, key) => {
  const size = numberOf(target, arg["sockaddr_out"]);
  return output(target, key, new Uint8Array(size), (after) => {
    const length = target.argumentBehind(key);
    const filled = length === undefined ? size : readInt(target.read(length, 4), 0, "s32");
    return recordAddress(after.subarray(0, Math.max(0, Math.min(size, filled))));
  });
};

const socklen: Form = (target, arg, key) => {
  const bytes = new Uint8Array(4);
  writeInt(bytes, 0, "u32", intOf(target, arg["socklen"]));
  return output(target, key, bytes, (after) => readInt(after, 0, "s32"));
};

export const SOCKET_FORMS: Forms = { sa, sockaddr_out: sockaddrOut, socklen };
