import { AT_FDCWD } from "../../../include/uapi/fcntl.ts";
import { fromUtf8 } from "../../marshal.ts";
import type { SysCall } from "../../sys-port.ts";
import { flagNames, socketType } from "./flag-names.ts";
import {
  hex,
  octal,
  pointer,
  sigactionText,
  signalName,
  sigsetText,
  statText,
  statusText,
  timespecText,
} from "./print-struct.ts";
import { quote } from "./quote.ts";
import type { Tracee } from "./tracee.ts";

const PATH_MAX = 4096;
const ENV_MAX = 200;
const STAT_BYTES = 144;
const SIGACTION_BYTES = 32;

/** One call of one process. */
export interface TracedCall {
  readonly pid: number;
  readonly is32: boolean;
  readonly args: readonly number[];
  /** What it has answered; undefined as long as it is on its way. */
  readonly result: number | undefined;
  /** How many bytes of a text are shown. */
  readonly stringSize: number;
}

/** Argument `at` of a call, printed as `kind`. */
export function* printArgument(
  tracee: Tracee,
  call: TracedCall,
  kind: string,
  at: number,
): SysCall<string> {
  const { pid, is32, args, result } = call;
  const value = args[at] ?? 0;
  if (kind.startsWith(">") && (result ?? -1) < 0) return pointer(value);
  switch (kind.replace(">", "")) {
    case "d":
      return String(value | 0);
    case "u":
      return String(value < 0 ? BigInt.asUintN(64, BigInt(value)) : value);
    case "x":
      return hex(value);
    case "ptr":
      return pointer(value);
    case "dirfd":
      return (value | 0) === AT_FDCWD ? "AT_FDCWD" : String(value | 0);
    case "mode":
      return octal(value);
    case "sig":
      return signalName(value | 0);
    case "socktype":
      return socketType(value);
    case "path":
    case "text": {
      const text = yield* tracee.text(pid, value, PATH_MAX);
      return text === undefined ? pointer(value) : quoteText(text, PATH_MAX);
    }
    case "data": {
      const length = kind === ">data" ? (result ?? 0) : (args[at + 1] ?? 0);
      const shown = Math.min(length, call.stringSize);
      const bytes = yield* tracee.bytes(pid, value, shown);
      if (bytes.length < shown) return pointer(value);
      return quote(bytes, length > shown);
    }
    case "argv":
      return `[${(yield* strings(tracee, call, value)).map((text) => quoteText(text, call.stringSize)).join(", ")}]`;
    case "envp": {
      const count = (yield* strings(tracee, call, value)).length;
      return value === 0 ? "NULL" : `${hex(value)} /* ${count} ${count === 1 ? "var" : "vars"} */`;
    }
    case "pipe": {
      const view = yield* struct(tracee, pid, value, 8);
      return view === undefined
        ? pointer(value)
        : `[${view.getInt32(0, true)}, ${view.getInt32(4, true)}]`;
    }
    case "wstatus": {
      if (result === 0) return pointer(value);
      const view = yield* struct(tracee, pid, value, 4);
      return view === undefined ? pointer(value) : statusText(view.getUint32(0, true));
    }
    case "stat":
      return yield* structText(tracee, pid, is32 ? 0 : value, STAT_BYTES, statText, value);
    case "sigset":
      return yield* structText(tracee, pid, value, 8, sigsetText);
    case "sigaction":
      return yield* structText(
        tracee,
        pid,
        is32 ? 0 : value,
        SIGACTION_BYTES,
        sigactionText,
        value,
      );
    case "timespec":
      return yield* structText(tracee, pid, is32 ? 0 : value, 16, timespecText, value);
    case "sockaddr":
      return yield* sockaddr(tracee, pid, value, args[at + 1] ?? 0);
    case "dirents":
      return `${pointer(value)} /* ${yield* entries(tracee, pid, value, result ?? 0)} entries */`;
    default:
      return flagNames(kind.replace(">", ""), value) ?? hex(value);
  }
}

function quoteText(text: string, max: number): string {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
  return quote(bytes.subarray(0, max), bytes.length > max);
}

function* struct(
  tracee: Tracee,
  pid: number,
  addr: number,
  size: number,
): SysCall<DataView | undefined> {
  const bytes = yield* tracee.bytes(pid, addr, size);
  return bytes.length < size ? undefined : new DataView(bytes.slice().buffer);
}

/** A struct as `show` prints it, else the address. */
function* structText(
  tracee: Tracee,
  pid: number,
  addr: number,
  size: number,
  show: (view: DataView) => string,
  shownAddr = addr,
): SysCall<string> {
  const view = yield* struct(tracee, pid, addr, size);
  return view === undefined ? pointer(shownAddr) : show(view);
}

/** The texts behind an array of pointers that ends with NULL. */
function* strings(tracee: Tracee, { pid, is32 }: TracedCall, addr: number): SysCall<string[]> {
  const size = is32 ? 4 : 8;
  const found: string[] = [];
  while (found.length < ENV_MAX) {
    const view = yield* struct(tracee, pid, addr + found.length * size, size);
    if (view === undefined) break;
    const at = is32 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
    if (at === 0) break;
    found.push((yield* tracee.text(pid, at, PATH_MAX)) ?? "");
  }
  return found;
}

function* sockaddr(tracee: Tracee, pid: number, addr: number, length: number): SysCall<string> {
  const view = yield* struct(tracee, pid, addr, Math.min(length, 110));
  if (view === undefined || view.byteLength < 2) return pointer(addr);
  const family = view.getUint16(0, true);
  const name = flagNames("family", family) ?? String(family);
  if (name === "AF_INET" && view.byteLength >= 8) {
    const host = [4, 5, 6, 7].map((at) => view.getUint8(at)).join(".");
    return `{sa_family=AF_INET, sin_port=htons(${view.getUint16(2)}), sin_addr=inet_addr("${host}")}`;
  }
  if (name === "AF_UNIX") {
    const path = fromUtf8(new Uint8Array(view.buffer, 2));
    const shown = path.startsWith("\0")
      ? `@${JSON.stringify(path.slice(1))}`
      : JSON.stringify(path.split("\0")[0]);
    return `{sa_family=AF_UNIX, sun_path=${shown}}`;
  }
  return `{sa_family=${name}, ...}`;
}

/** How many `struct linux_dirent64` lie in `length` bytes. */
function* entries(tracee: Tracee, pid: number, addr: number, length: number): SysCall {
  const bytes = yield* tracee.bytes(pid, addr, length);
  const view = new DataView(bytes.slice().buffer);
  let count = 0;
  for (let at = 0; at + 18 < bytes.length; count++) {
    const size = view.getUint16(at + 16, true);
    if (size === 0) break;
    at += size;
  }
  return count;
}
