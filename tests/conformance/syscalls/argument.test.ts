import { describe, expect, test } from "vitest";
import { Arguments } from "./argument.ts";
import { readBig, readInt, writeInt } from "./bytes.ts";
import { constantsFor } from "./constants.ts";
import type { Agent } from "./port.ts";
import { type Arg, parseScenario } from "./scenario.ts";
import { Symbols } from "./symbols.ts";

const BASE = 0x10000;
const RECORD = 0x400100;
const RESTORER = 0x400200;
const constants = constantsFor();

/** A process of memory alone: enough to place arguments in. */
function memoryOnly(): { agent: Agent; memory: Uint8Array } {
  const memory = new Uint8Array(1 << 16);
  let end = BASE;
  const alloc = (bytes: number) => {
    const at = end;
    end += Math.ceil((bytes + 1) / 16) * 16;
    return at;
  };
  const never = () => {
    throw new Error("there is no process");
  };
  const agent: Agent = {
    pid: 2,
    alloc,
    allocForGood: alloc,
    read: (address, bytes) => memory.slice(address - BASE, address - BASE + bytes),
    write: (address, bytes) => memory.set(bytes, address - BASE),
    begin: never,
    outcome: never,
    state: never,
    takeSignals: never,
    takeChildren: never,
  };
  return { agent, memory };
}

function encoder() {
  const { agent } = memoryOnly();
  const symbols = new Symbols();
  symbols.namePid("A", 2);
  symbols.namePid("B", 3);
  const world = { recordHandler: RECORD, restorer: RESTORER };
  return { agent, symbols, args: new Arguments(agent, world, constants, symbols) };
}

function registerOf(arg: Arg, symbols?: (symbols: Symbols) => void) {
  const { args, symbols: own } = encoder();
  symbols?.(own);
  return args.encodeAll([arg])[0]?.value;
}

/** The bytes that a pointer argument leads to. */
function bytesOf(arg: Arg, length?: number): Uint8Array {
  const { args, agent } = encoder();
  const [encoded] = args.encodeAll([arg]);
  return agent.read(Number(encoded?.value), length ?? encoded?.size ?? 0);
}

/** What is recorded after the kernel has written `after` to where the first argument points. */
function recordedAfter(
  arg: Arg,
  after: Uint8Array,
  ret = 0,
  prepare?: (symbols: Symbols) => void,
): unknown {
  const { args, agent, symbols } = encoder();
  prepare?.(symbols);
  const [encoded] = args.encodeAll([arg]);
  agent.write(Number(encoded?.value), after);
  return args.outs[0]?.record(ret);
}

function words(...fields: [at: number, type: Parameters<typeof writeInt>[2], value: number][]) {
  const bytes = new Uint8Array(256);
  for (const [at, type, value] of fields) writeInt(bytes, at, type, value);
  return bytes;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("an integer argument", () => {
  test.each([
    { name: "is itself", arg: -1, value: -1 },
    { name: "is an expression", arg: "O_CREAT|O_EXCL|0x1", value: 0o300 | 1 },
    { name: "is a complement", arg: "~CLONE_FS", value: ~0x200 },
    { name: "keeps what a 32-bit OR would lose", arg: "EPOLLET|EPOLLIN", value: 0x8000_0001 },
    { name: "is a negative constant", arg: "AT_FDCWD", value: -100 },
    { name: "is a pid", arg: { pid: "B" }, value: 3 },
    { name: "is a process group", arg: { pid: "B", neg: true }, value: -3 },
    { name: "is an address that is never mapped", arg: { badptr: 1 }, value: 0x1000 },
    { name: "is what a failed call has left", arg: { $: "never", "+": 1 }, value: 0 },
  ])("$name", ({ arg, value }) => {
    expect(registerOf(arg)).toBe(value);
  });

  test("is a variable with something added", () => {
    expect(registerOf({ $: "m", "+": 4096 }, (symbols) => symbols.setVariable("m", 0x7000))).toBe(
      0x8000,
    );
  });

  test("keeps the digits that a double would lose", () => {
    const line = `{"id":"x-1","group":"x","start":{},"steps":[{"p":"A","call":"lseek","args":[0,9223372036854775807],"r":{}}]}`;
    const args = parseScenario(line).steps[0]?.args ?? [];
    expect(args[1]).toBe(2n ** 63n - 1n);
  });

  test("is the length of another argument's buffer, wherever that stands", () => {
    const { args } = encoder();
    const encoded = args.encodeAll([
      { sizeof: 1 },
      { rep: "ab", n: 5 },
      { sizeof: 3 },
      { sa: { un: "x" } },
    ]);
    expect(encoded[0]?.value).toBe(5);
    expect(encoded[2]?.value).toBe(4);
  });

  test("refuses a name that nobody knows", () => {
    expect(() => registerOf("O_NEVER")).toThrow("O_NEVER");
  });
});

describe("the bytes of an argument", () => {
  test.each<{ name: string; arg: Arg; bytes: string; length?: number }>([
    { name: "a text ends with NUL", arg: { s: "ab", times: 2 }, bytes: "6162616200" },
    { name: "data does not", arg: { data: "ab" }, bytes: "6162" },
    { name: "hex", arg: { hex: "00ff" }, bytes: "00ff" },
    { name: "a repeated text is cut", arg: { rep: "abc", n: 4 }, bytes: "61626361" },
    { name: "32-bit words", arg: { i32: [1, -1] }, bytes: "01000000ffffffff" },
    {
      name: "64-bit words",
      arg: { u64: [2n ** 64n - 1n, 3] },
      bytes: "ffffffffffffffff0300000000000000",
    },
    {
      name: "a struct by offsets",
      arg: { struct: "flock", type: "F_WRLCK", len: -1 },
      bytes: "0100000000000000" + "0000000000000000" + "ffffffffffffffff" + "0000000000000000",
    },
    {
      name: "a struct with fields under set",
      arg: { struct: "sched_param", set: { priority: 5 } },
      bytes: "05000000",
    },
    {
      name: "a struct that is longer than its fields",
      arg: { struct: "int", v: 1, size: 6 },
      bytes: "010000000000",
    },
    { name: "a struct that is cut", arg: { struct: "u64", v: -1, size: 3 }, bytes: "ffffff" },
    {
      name: "a path of the Unix domain ends with NUL",
      arg: { sa: { un: "x" } },
      bytes: "01007800",
    },
    { name: "an abstract name does not", arg: { sa: { un: "@x" } }, bytes: "01000078" },
    { name: "an unnamed address", arg: { sa: { un: "" } }, bytes: "0100" },
    {
      name: "an Internet address in network order",
      arg: { sa: { in: ["127.0.0.1", 80] } },
      bytes: "020000507f0000010000000000000000",
    },
    {
      name: "an address of a family alone",
      arg: { sa: { family: "AF_INET", pad: 2 } },
      bytes: "02000000",
    },
    {
      name: "a signal set",
      arg: { sigset: ["SIGHUP", "SIGINT", "64"] },
      bytes: "0300000000000080",
    },
    {
      name: "an epoll event is packed",
      arg: { epoll_event: { events: "EPOLLIN", data: 2 } },
      bytes: "010000000200000000000000",
    },
    {
      name: "descriptors to poll",
      arg: { pollfds: [{ fd: 3, events: "POLLIN|POLLOUT" }] },
      bytes: "0300000005000000",
    },
    { name: "a set of descriptors", arg: { fdset: [0, 9] }, bytes: "0102", length: 2 },
    {
      name: "what a signal carries",
      arg: { siginfo: { signo: "SIGUSR1", code: "SI_QUEUE", pid: { pid: "A" }, value: 7 } },
      bytes: "0a00000000000000ffffffff00000000" + "02000000000000000700000000000000",
      length: 32,
    },
  ])("$name", ({ arg, bytes, length }) => {
    expect(hex(bytesOf(arg, length))).toBe(bytes);
  });

  test("an action with the handler that records is installed with SA_SIGINFO", () => {
    const bytes = bytesOf({
      sigaction: { handler: "record", flags: "SA_RESTART", mask: ["SIGHUP"] },
    });
    expect(readInt(bytes, 0, "u64")).toBe(RECORD);
    expect(readInt(bytes, 8, "u64")).toBe(0x1400_0004);
    expect(readInt(bytes, 16, "u64")).toBe(RESTORER);
    expect(readInt(bytes, 24, "u64")).toBe(1);
  });

  test("a list of pointers ends with NULL", () => {
    const { args, agent } = encoder();
    const [encoded] = args.encodeAll([{ ptrs: [{ s: "x" }, 5] }]);
    const list = agent.read(Number(encoded?.value), 24);
    expect(hex(agent.read(readInt(list, 0, "u64"), 2))).toBe("7800");
    expect(readInt(list, 8, "u64")).toBe(5);
    expect(readInt(list, 16, "u64")).toBe(0);
  });

  test("a message carries descriptors and credentials one behind the other", () => {
    const { args, agent } = encoder();
    const control = [{ rights: [3, 4] }, { cred: { pid: { pid: "A" }, uid: 5, gid: 6 } }];
    const [encoded] = args.encodeAll([{ msg: { iov: [{ data: "x" }], to: { un: "y" }, control } }]);
    const header = agent.read(Number(encoded?.value), 56);
    expect(readInt(header, 8, "u32")).toBe(4);
    expect(readInt(header, 24, "u64")).toBe(1);
    const bytes = agent.read(readInt(header, 32, "u64"), readInt(header, 40, "u64"));
    expect(hex(bytes.subarray(0, 24))).toBe(
      "1800000000000000" + "0100000001000000" + "0300000004000000",
    );
    expect(hex(bytes.subarray(24))).toBe(
      "1c00000000000000" + "0100000002000000" + "0200000005000000" + "0600000000000000",
    );
  });

  test("a filter of classic BPF is a length and a pointer", () => {
    const { args, agent } = encoder();
    const [encoded] = args.encodeAll([{ bpf: [[21, 0, 1, "SYS_getppid"]], len: 9 }]);
    const program = agent.read(Number(encoded?.value), 16);
    expect(readInt(program, 0, "u16")).toBe(9);
    expect(hex(agent.read(readInt(program, 8, "u64"), 8))).toBe("150000016e000000");
  });
});

describe("what is recorded of an argument", () => {
  const ascii = (text: string) => Buffer.from(text, "latin1");

  test.each<{ name: string; arg: Arg; after: Uint8Array; ret?: number; recorded: unknown }>([
    {
      name: "as many bytes as the call answered",
      arg: { buf: 4 },
      after: ascii("abcd"),
      ret: 2,
      recorded: "t:ab",
    },
    {
      name: "no more than the buffer holds",
      arg: { buf: 4 },
      after: ascii("abcd"),
      ret: 9,
      recorded: "t:abcd",
    },
    {
      name: "all bytes under a mask",
      arg: { buf: 3, all: true, mask: 1 },
      after: Buffer.from([2, 3, 5]),
      recorded: "x:000101",
    },
    { name: "a text up to its NUL", arg: { cstr: 8 }, after: ascii("/w\0zz"), recorded: "t:/w" },
    {
      name: "own bytes that the call has changed",
      arg: { i32: [1], out: true },
      after: Buffer.from([9, 0, 0, 0]),
      recorded: "x:09000000",
    },
    {
      name: "a status that was written",
      arg: { wstatus: 1 },
      after: words([0, "u32", 0x0700]),
      recorded: { exited: 7 },
    },
    {
      name: "a status of a signal",
      arg: { wstatus: 1 },
      after: words([0, "u32", 40]),
      recorded: { signaled: "SIG40" },
    },
    {
      name: "a status of a stop",
      arg: { wstatus: 1 },
      after: words([0, "u32", 0x137f]),
      recorded: { stopped: "SIGSTOP" },
    },
    {
      name: "a status of going on",
      arg: { wstatus: 1 },
      after: words([0, "u32", 0xffff]),
      recorded: { continued: true },
    },
    {
      name: "no status where none was written",
      arg: { wstatus: 1 },
      after: new Uint8Array(),
      recorded: undefined,
    },
    {
      name: "signals in ascending order",
      arg: { sigset_out: 1 },
      after: words([0, "u32", 0x201], [4, "u32", 0x80]),
      recorded: ["SIGHUP", "SIGUSR1", "SIG40"],
    },
    { name: "no child", arg: { siginfo_out: 1 }, after: words(), recorded: { signo: 0, pid: 0 } },
    {
      name: "a child that ended",
      arg: { siginfo_out: 1 },
      after: words([0, "s32", 17], [8, "s32", 1], [16, "s32", 3], [24, "s32", 5]),
      recorded: { signo: "SIGCHLD", code: 1, pid: { pid: "B" }, uid: 0, status: 5 },
    },
    {
      name: "an action without what the library adds",
      arg: { sigaction_out: 1 },
      after: words([0, "u64", RECORD], [8, "u64", 0x1400_0004], [24, "u64", 2]),
      recorded: { handler: "record", flags: "SA_RESTART", mask: ["SIGINT"] },
    },
    {
      name: "readiness by name, unknown bits as hex",
      arg: { pollfds: [{ fd: 0 }, { fd: 1 }] },
      after: words([6, "u16", 0x8011]),
      recorded: ["POLLIN|POLLHUP|0x8000", 0],
    },
    {
      name: "a set of descriptors",
      arg: { fdset: [1] },
      after: Buffer.from([8, 1]),
      recorded: [3, 8],
    },
    {
      name: "events that were answered",
      arg: { epoll_out: 4 },
      after: words([0, "u32", 0x2001], [4, "u64", 7]),
      ret: 1,
      recorded: [["EPOLLIN|EPOLLRDHUP", 7]],
    },
    {
      name: "large fields as hex",
      arg: { struct: "rlimit", out: ["max"] },
      after: words([8, "s64", -1]),
      recorded: { max: "0xffffffffffffffff" },
    },
    {
      name: "signed fields with their sign",
      arg: { struct: "i64", out: true },
      after: words([0, "s64", -8]),
      recorded: { v: -8 },
    },
    {
      name: "a process by name",
      arg: { struct: "ucred", out: true },
      after: words([0, "s32", 2], [4, "u32", 9]),
      recorded: { pid: { pid: "A" }, uid: 9, gid: 0 },
    },
    {
      name: "an error in a count",
      arg: { struct: "uffdio_zeropage", out: ["zeropage"] },
      after: words([24, "s64", -17]),
      recorded: { zeropage: "EEXIST" },
    },
    {
      name: "nothing of what a kernel may fill as it likes",
      arg: { struct: "uffdio_api", out: true },
      after: words([0, "u64", 170], [8, "u64", 5]),
      recorded: { api: 170 },
    },
    {
      name: "an ephemeral port",
      arg: { sockaddr_out: 16 },
      after: Buffer.from([2, 0, 0x80, 0, 127, 0, 0, 1]),
      recorded: { in: ["127.0.0.1", "eph"] },
    },
    {
      name: "a name of the system",
      arg: { utsname: 1 },
      after: Buffer.concat([ascii("Linux"), new Uint8Array(60), ascii("corpus")]),
      recorded: { sysname: "Linux", nodename: "corpus" },
    },
  ])("$name", ({ arg, after, ret, recorded }) => {
    expect(recordedAfter(arg, after, ret)).toEqual(recorded);
  });

  test.each([
    {
      name: "text of up to 96 bytes",
      bytes: `${"a".repeat(95)}b`,
      recorded: `t:${"a".repeat(95)}b`,
    },
    {
      name: "more bytes that are all equal",
      bytes: "z".repeat(97),
      recorded: { len: 97, byte: 122 },
    },
    // As zlib has it.
    {
      name: "other bytes by a checksum",
      bytes: "123456789".repeat(11),
      recorded: { len: 99, crc32: "7ad05590" },
    },
    { name: "what is not ASCII as hex", bytes: "é", recorded: "x:e9" },
    { name: "nothing", bytes: "", recorded: "t:" },
  ])("is $name", ({ bytes, recorded }) => {
    const after = ascii(bytes);
    expect(recordedAfter({ buf: after.length }, after, after.length)).toEqual(recorded);
  });

  test("numbers inodes in the order of their appearance", () => {
    const { args, agent } = encoder();
    const stat = (ino: number) =>
      words([0, "u64", 1], [8, "u64", ino], [24, "u32", 0o100644], [48, "s64", 3]);
    const encoded = args.encodeAll([{ stat: 1 }, { stat: 1 }, { stat: 1 }]);
    for (const [i, ino] of [70, 9, 70].entries()) {
      agent.write(Number(encoded[i]?.value), stat(ino).subarray(0, 144));
    }
    const recorded = args.outs.map(({ record }) => record(0));
    expect(recorded).toMatchObject([{ ino: "i1" }, { ino: "i2" }, { ino: "i1" }]);
    expect(recorded[0]).toMatchObject({ type: "reg", mode: "0644", size: 3 });
  });

  test("gives a socket address no more bytes than its length says", () => {
    const { args, agent } = encoder();
    const [address, length] = args.encodeAll([{ sockaddr_out: 110 }, { socklen: 110 }]);
    agent.write(Number(address?.value), Buffer.from([1, 0, 0, 97, 98, 99]));
    agent.write(Number(length?.value), words([0, "u32", 6]).subarray(0, 4));
    expect(args.outs.map(({ record }) => record(0))).toEqual([{ un: "@abc" }, 6]);
  });

  test("fills vectors in order from what the call answered", () => {
    const { args, agent } = encoder();
    const [encoded] = args.encodeAll([{ iov: [{ buf: 2 }, { buf: 3 }, { buf: 1 }] }]);
    const vectors = agent.read(Number(encoded?.value), 48);
    agent.write(readInt(vectors, 0, "u64"), ascii("ab"));
    agent.write(readInt(vectors, 16, "u64"), ascii("cde"));
    expect(args.outs[0]?.record(4)).toEqual(["t:ab", "t:cd", "t:"]);
  });

  test("saves received descriptors and tells the flags of a message", () => {
    const { args, agent, symbols } = encoder();
    const [encoded] = args.encodeAll([{ rmsg: { iov: [{ buf: 1 }], control: 64, rights: ["g"] } }]);
    const header = agent.read(Number(encoded?.value), 56);
    agent.write(
      readInt(header, 32, "u64"),
      Buffer.from("140000000000000001000000010000000700000000000000", "hex"),
    );
    writeInt(header, 40, "u64", 24);
    writeInt(header, 48, "u32", 8);
    agent.write(Number(encoded?.value), header);
    const recorded = Object.fromEntries(args.outs.map(({ key, record }) => [key, record(1)]));
    expect(recorded).toEqual({
      a0: ["x:00"],
      "a0.msg": { flags: "MSG_CTRUNC", control: [{ rights: [7] }] },
    });
    expect(symbols.variable("g")).toBe(7);
  });

  test("sorts the entries of a directory by name", () => {
    const entry = (name: string, type: number) => {
      const bytes = new Uint8Array(24);
      writeInt(bytes, 16, "u16", 24);
      bytes[18] = type;
      bytes.set(ascii(name), 19);
      return bytes;
    };
    const after = Buffer.concat([entry("b", 8), entry("..", 4), entry("a", 10)]);
    expect(recordedAfter({ dirents: 100 }, after, 72)).toEqual([
      ["..", "dir"],
      ["a", "lnk"],
      ["b", "reg"],
    ]);
  });

  test("numbers the cookies of inotify from 1", () => {
    const event = (mask: number, cookie: number) =>
      words([0, "s32", 1], [4, "u32", mask], [8, "u32", cookie]).subarray(0, 16);
    const after = Buffer.concat([event(0x40, 99), event(0x80, 99), event(0x4000_0100, 0)]);
    expect(recordedAfter({ inotify: 256 }, after, 48)).toEqual([
      { wd: 1, mask: "IN_MOVED_FROM", n: "", cookie: 1 },
      { wd: 1, mask: "IN_MOVED_TO", n: "", cookie: 1 },
      { wd: 1, mask: "IN_CREATE|IN_ISDIR", n: "", cookie: 0 },
    ]);
  });

  test("an address is the nearest variable below it and what is between", () => {
    const after = words([0, "u64", 0x7010]);
    const prepare = (symbols: Symbols) => {
      symbols.setVariable("low", 0x1000, true);
      symbols.setVariable("m", 0x7000, true);
      symbols.setVariable("fd", 0x7001);
    };
    expect(recordedAfter({ struct: "stack", out: ["sp"] }, after, 0, prepare)).toEqual({
      sp: { addr: "m", "+": 16 },
    });
  });

  test("64-bit fields keep all their bits", () => {
    const bytes = bytesOf({ struct: "u64", v: 2n ** 63n - 1n });
    expect(readBig(bytes, 0, "u64")).toBe(2n ** 63n - 1n);
  });
});
