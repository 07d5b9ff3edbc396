import { expect, test } from "vitest";
import { BTF_KIND_FUNC } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { BpfKernel } from "../bpf/kernel.ts";
import { encode } from "../bpf/program-text.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { bpfFsType } from "../fs/bpf-fs.ts";
import { registerFilesystem } from "../fs/filesystems.ts";
import { fsSyscalls } from "../fs/syscalls.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import {
  E2BIG,
  EACCES,
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  EIO,
  EMFILE,
  ENOENT,
  EPERM,
  ESRCH,
} from "../include/errno.ts";
import { bpf } from "../index.ts";
import { sha256 } from "../lib/sha256.ts";
import { AttachedPrograms } from "../trace/attached.ts";
import { addressOf } from "../trace/kernel-functions.ts";
import { TraceRing } from "../trace/ring.ts";
import { bpfSyscalls } from "./bpf.ts";
import { commitCreds, prepareCreds } from "./cred.ts";

const [MAP_CREATE, OBJ_PIN, OBJ_GET, MAP_GET_NEXT_ID, MAP_FREEZE] = [0, 6, 7, 12, 22];
const [PROG_LOAD, PROG_TEST_RUN, BTF_LOAD, PROG_STREAM_READ] = [5, 10, 18, 37];
const [MAP_UPDATE_ELEM, MAP_DELETE_ELEM] = [2, 3];
const [RAW_TRACEPOINT_OPEN, LINK_GET_FD_BY_ID, LINK_GET_NEXT_ID] = [17, 30, 31];
const [LINK_CREATE, ITER_CREATE, GET_INFO] = [28, 33, 15];
const [PROG_TYPE_KPROBE, TRACE_KPROBE_MULTI, TRACE_UPROBE_MULTI] = [2, 42, 48];
const [PROG_TYPE_RAW_TRACEPOINT, PROG_TYPE_TRACING, TRACE_ITER] = [17, 26, 28];
const PROG_TYPE_SYSCALL = 31;
const BPF_F_SLEEPABLE = 1 << 4;

/** A task with a bpffs at /bpf. */
class BpfTask extends TestCaller {
  readonly #attached = new AttachedPrograms();

  constructor() {
    super({ ...fsSyscalls, ...bpfSyscalls });
    let bpf: BpfKernel | undefined;
    this.task.kernel.hooks.bpf = bpfDoor(() => {
      bpf ??= new BpfKernel(1, 2, new Clock(), new TraceRing(), this.#attached);
      return bpf;
    });
    registerFilesystem(this.task.kernel, bpfFsType);
    this.call("mkdir", this.at(0, "/bpf"), 0o755);
    const [source, target] = [this.at(0, "none"), this.at(1, "/bpf")];
    expect(this.call("mount", source, target, this.at(2, "bpf"), 0, 0)).toBe(0);
  }

  bpf(command: number, words: Readonly<Record<number, number>>): number {
    const block = new DataView(new ArrayBuffer(168));
    for (const [at, word] of Object.entries(words)) block.setUint32(Number(at), word, true);
    return this.call("bpf", command, this.at(5, new Uint8Array(block.buffer)), 168);
  }

  attached(): number {
    return this.#attached.all().length;
  }

  load(type: number, text: string, words: Readonly<Record<number, number>> = {}): number {
    const code = encode(bpf.asm(text).insns);
    const [insns, license] = [this.at(1, code), this.at(2, "GPL")];
    return this.bpf(PROG_LOAD, { 0: type, 4: code.length / 8, 8: insns, 16: license, ...words });
  }

  /** What /proc/PID/fd shows. */
  nameOf(fd: number): string | undefined {
    return this.task.files.get(fd)?.path.dentry.dname?.();
  }

  array(): number {
    return this.bpf(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 4 });
  }

  pin(fd: number, path: string): number {
    return this.bpf(OBJ_PIN, { 0: this.at(6, path), 8: fd });
  }

  get(path: string): number {
    return this.bpf(OBJ_GET, { 0: this.at(6, path) });
  }
}

// Each answer as Linux 6.18 gave it.
test("a map is pinned in a bpffs, and only there", () => {
  const task = new BpfTask();
  const map = task.array();
  expect(map).toBeGreaterThanOrEqual(0);
  expect(task.pin(map, "/bpf/m")).toBe(0);
  expect(task.pin(map, "/bpf/m")).toBe(-EEXIST);
  expect(task.pin(map, "/bpf/m.x")).toBe(-EPERM);
  expect(task.pin(map, "/m")).toBe(-EPERM);
  expect(task.pin(map, "/bpf/no/m")).toBe(-ENOENT);
  expect(task.get("/bpf/m")).toBeGreaterThan(map);
  expect(task.get("/bpf/n")).toBe(-ENOENT);
  expect(task.get("/bpf")).toBe(-EACCES);
  expect(task.call("openat", -100, task.at(0, "/bpf/m"), 0, 0)).toBe(-EIO);
});

test("a pinned map outlives its descriptor, and goes with its name", () => {
  const task = new BpfTask();
  const map = task.array();
  task.pin(map, "/bpf/m");
  expect(task.call("close", map)).toBe(0);
  expect(task.bpf(MAP_FREEZE, { 0: map })).toBe(-EBADF);
  expect(task.bpf(MAP_GET_NEXT_ID, { 0: 0 })).toBe(0);
  expect(task.call("unlink", task.at(0, "/bpf/m"))).toBe(0);
  expect(task.bpf(MAP_GET_NEXT_ID, { 0: 0 })).toBe(-ENOENT);
});

test("who has no capabilities may make maps when the machine lets them", () => {
  const task = new BpfTask();
  const { sysctl } = task.task.kernel;
  const cred = prepareCreds(task.task);
  cred.capEffective = 0n;
  commitCreds(task.task, cred);
  expect(task.array()).toBe(-EPERM);
  sysctl.unprivilegedBpfDisabled = 0;
  expect(task.array()).toBeGreaterThanOrEqual(0);
  expect(task.bpf(MAP_GET_NEXT_ID, { 0: 0 })).toBe(-EPERM);
});

test("a program of system calls is run, and its context comes back where it came from", () => {
  const task = new BpfTask();
  const text = "*(u32 *)(r1 +4) = 7; r0 = 3; exit";
  const prog = task.load(PROG_TYPE_SYSCALL, text, { 44: BPF_F_SLEEPABLE });
  expect(prog).toBeGreaterThanOrEqual(0);
  const context = task.at(3, new Uint8Array(8));
  expect(task.bpf(PROG_TEST_RUN, { 0: prog, 40: 8, 48: context })).toBe(0);
  expect([...task.bytes(3, 8)]).toEqual([0, 0, 0, 0, 7, 0, 0, 0]);
  // A size that nobody has memory for is refused before anybody looks.
  expect(task.bpf(PROG_TEST_RUN, { 0: prog, 40: 0xffff_ffff, 48: context })).toBe(-E2BIG);
  expect(task.bpf(BTF_LOAD, { 0: context, 16: 0xffff_ffff })).toBe(-E2BIG);
});

test("a link hangs as long as somebody holds it: a descriptor, or a name", () => {
  const task = new BpfTask();
  const prog = task.load(PROG_TYPE_RAW_TRACEPOINT, "r0 = 0; exit");
  const open = () => task.bpf(RAW_TRACEPOINT_OPEN, { 0: task.at(3, "sched_switch"), 8: prog });
  const link = open();
  expect(task.nameOf(link)).toBe("anon_inode:bpf_link");
  expect(task.bpf(LINK_GET_NEXT_ID, { 0: 0 })).toBe(0);
  const second = task.bpf(LINK_GET_FD_BY_ID, { 0: 1 });
  expect(task.nameOf(second)).toBe("anon_inode:bpf-link");
  expect(task.attached()).toBe(1);
  task.call("close", link);
  expect(task.attached()).toBe(1);
  task.call("close", second);
  expect(task.attached()).toBe(0);
  expect(task.bpf(LINK_GET_FD_BY_ID, { 0: 1 })).toBe(-ENOENT);
  const pinned = open();
  expect(task.pin(pinned, "/bpf/l")).toBe(0);
  task.call("close", pinned);
  expect(task.attached()).toBe(1);
  const again = task.get("/bpf/l");
  expect(task.nameOf(again)).toBe("anon_inode:bpf-link");
  expect(task.call("openat", -100, task.at(0, "/bpf/l"), 0, 0)).toBe(-EIO);
  task.call("close", again);
  task.call("unlink", task.at(0, "/bpf/l"));
  expect(task.attached()).toBe(0);
});

test("an iterator is read by a descriptor that is made of its link, or by the name of the link", () => {
  const task = new BpfTask();
  task.array();
  task.array();
  const text = `
    r2 = *(u64 *)(r1 +8)               ; the map
    r1 = *(u64 *)(r1 +0)
    r1 = *(u64 *)(r1 +0)               ; meta->seq
    r3 = 46                            ; a dot behind the last
    if r2 == 0 goto print
    r3 = 109
  print:
    *(u8 *)(r10 -1) = r3
    r2 = r10
    r2 += -1
    r3 = 1
    call bpf_seq_write
    r0 = 0
    exit`;
  const target = btfVmlinux().findByNameKind("bpf_iter_bpf_map", BTF_KIND_FUNC)!.id;
  const prog = task.load(PROG_TYPE_TRACING, text, { 68: TRACE_ITER, 108: target });
  const link = task.bpf(LINK_CREATE, { 0: prog, 8: TRACE_ITER });
  const file = task.bpf(ITER_CREATE, { 0: link });
  expect(task.nameOf(file)).toBe("anon_inode:bpf_iter");
  expect(task.bpf(ITER_CREATE, { 0: file })).toBe(-EINVAL);
  const read = (fd: number, size: number) => {
    const length = task.call("read", fd, task.at(7, new Uint8Array(16)), size);
    return String.fromCharCode(...task.bytes(7, Math.max(length, 0)));
  };
  expect([read(file, 2), read(file, 16), read(file, 16)]).toEqual(["mm", ".", ""]);
  expect(task.pin(link, "/bpf/maps")).toBe(0);
  for (const fd of [prog, link, file]) task.call("close", fd);
  const named = task.call("openat", -100, task.at(0, "/bpf/maps"), 0, 0);
  expect([read(named, 16), read(named, 16)]).toEqual(["mm.", ""]);
});

test("the file of an iterator holds its map, and goes on behind an element that has gone", () => {
  const task = new BpfTask();
  // An iterator takes no map with the descriptor 0.
  expect(task.array()).toBe(0);
  const map = task.bpf(MAP_CREATE, { 0: 1, 4: 4, 8: 8, 12: 4 });
  const key = (value: number) => task.at(1, Uint8Array.of(value, 0, 0, 0));
  const value = task.at(2, new Uint8Array(8));
  for (const each of [1, 2, 3]) {
    expect(task.bpf(MAP_UPDATE_ELEM, { 0: map, 8: key(each), 16: value })).toBe(0);
  }
  const text = `
    r2 = *(u64 *)(r1 +16)              ; the key
    r1 = *(u64 *)(r1 +0)
    r1 = *(u64 *)(r1 +0)               ; meta->seq
    if r2 == 0 goto out
    r3 = 4
    call bpf_seq_write
  out:
    r0 = 0
    exit`;
  const target = btfVmlinux().findByNameKind("bpf_iter_bpf_map_elem", BTF_KIND_FUNC)!.id;
  const prog = task.load(PROG_TYPE_TRACING, text, { 68: TRACE_ITER, 108: target });
  const info = task.at(3, new Uint8Array(Int32Array.of(map, 0).buffer));
  const link = task.bpf(LINK_CREATE, { 0: prog, 8: TRACE_ITER, 16: info, 24: 8 });
  const [whole, file] = [task.bpf(ITER_CREATE, { 0: link }), task.bpf(ITER_CREATE, { 0: link })];
  const read = (fd: number, size: number) => {
    const length = task.call("read", fd, task.at(7, new Uint8Array(16)), size);
    return [...task.bytes(7, Math.max(length, 0))].filter((byte) => byte !== 0);
  };
  const [first, second, third] = read(whole, 16);
  expect([first, second, third].sort()).toEqual([1, 2, 3]);
  expect(read(file, 4)).toEqual([first]);
  expect(task.bpf(MAP_DELETE_ELEM, { 0: map, 8: key(second!) })).toBe(0);
  for (const fd of [prog, link, whole, map]) task.call("close", fd);
  expect(read(file, 16)).toEqual([third]);
  expect(task.bpf(MAP_GET_NEXT_ID, { 0: 1 })).toBe(0);
  task.call("close", file);
  expect(task.bpf(MAP_GET_NEXT_ID, { 0: 1 })).toBe(-ENOENT);
});

test("one link holds a probe of many functions, each with a cookie of its own", () => {
  const task = new BpfTask();
  const prog = task.load(PROG_TYPE_KPROBE, "r0 = 0; exit", { 68: TRACE_KPROBE_MULTI });
  const words = (...values: number[]) =>
    new Uint8Array(BigUint64Array.from(values, (value) => BigInt(value)).buffer);
  const names = task.at(4, words(task.at(6, "vfs_read"), task.at(7, "do_exit")));
  const base = { 0: prog, 8: TRACE_KPROBE_MULTI, 20: 2, 24: names };
  const create = (change: Readonly<Record<number, number>>) =>
    task.bpf(LINK_CREATE, { ...base, ...change });
  expect(create({ 12: 1 })).toBe(-EINVAL);
  expect(create({ 16: 2 })).toBe(-EINVAL);
  expect(create({ 20: 0 })).toBe(-EINVAL);
  expect(create({ 20: (1 << 20) + 1 })).toBe(-E2BIG);
  expect(create({ 24: 0 })).toBe(-EINVAL);
  expect(create({ 32: names })).toBe(-EINVAL);
  expect(create({ 40: 8 })).toBe(-EFAULT);
  task.at(7, "no_such_function");
  expect(create({})).toBe(-ESRCH);
  task.at(7, "vfs_read");
  expect(create({})).toBe(-ESRCH);
  task.at(7, "do_exit");
  const link = create({ 16: 1, 40: task.at(3, words(5, 6)) });
  expect(task.attached()).toBe(2);
  const [addresses, cookies] = [task.at(6, new Uint8Array(16)), task.at(7, new Uint8Array(16))];
  const room = new DataView(new ArrayBuffer(64));
  for (const [at, word] of [
    [16, addresses],
    [24, 2],
    [40, cookies],
  ] as const) {
    room.setUint32(at, word, true);
  }
  const info = { 0: link, 4: 64, 8: task.at(4, new Uint8Array(room.buffer)) };
  expect(task.bpf(GET_INFO, info)).toBe(0);
  const found = new DataView(Uint8Array.from(task.bytes(4, 64)).buffer);
  // Its type, how many there are, and that they are probes of returns.
  expect([0, 24, 28].map((at) => found.getUint32(at, true))).toEqual([8, 2, 1]);
  // In the order of the addresses.
  expect([...task.bytes(7, 16)].filter((byte) => byte !== 0)).toEqual([5, 6]);
  task.call("close", link);
  expect(task.attached()).toBe(0);
});

test("functions are probed in the order of their names, unless they have cookies", () => {
  const task = new BpfTask();
  const prog = task.load(PROG_TYPE_KPROBE, "r0 = 0; exit", { 68: TRACE_KPROBE_MULTI });
  const words = (...values: number[]) =>
    new Uint8Array(BigInt64Array.from(values, (value) => BigInt(value)).buffer);
  const create = (places: Readonly<Record<number, number>>) =>
    task.bpf(LINK_CREATE, { 0: prog, 8: TRACE_KPROBE_MULTI, 20: 2, ...places });
  const addressesOf = (link: number) => {
    const room = new DataView(new ArrayBuffer(64));
    room.setUint32(16, task.at(6, new Uint8Array(16)), true);
    room.setUint32(24, 2, true);
    const info = task.at(7, new Uint8Array(room.buffer));
    expect(task.bpf(GET_INFO, { 0: link, 4: 64, 8: info })).toBe(0);
    const found = new DataView(Uint8Array.from(task.bytes(6, 16)).buffer);
    return [0, 8].map((at) => Number(found.getBigInt64(at, true)));
  };
  const [read, exit] = [addressOf("vfs_read"), addressOf("do_exit")];
  expect(read).toBeLessThan(exit);
  const names = task.at(4, words(task.at(6, "vfs_read"), task.at(7, "do_exit")));
  expect(addressesOf(create({ 24: names }))).toEqual([exit, read]);
  // Addresses stay as they were given.
  const places = task.at(4, words(exit, read));
  expect(addressesOf(create({ 32: places }))).toEqual([exit, read]);
  expect(addressesOf(create({ 32: places, 40: task.at(3, words(5, 6)) }))).toEqual([read, exit]);
  // What lies at no function is found late: the number of the link is used up.
  expect(create({ 32: task.at(4, words(exit, read + 1)) })).toBe(-EINVAL);
  create({ 32: task.at(4, words(exit, read)) });
  expect(task.bpf(LINK_GET_FD_BY_ID, { 0: 4 })).toBe(-ENOENT);
  expect(task.bpf(LINK_GET_FD_BY_ID, { 0: 5 })).toBeGreaterThan(0);
});

test("a link of user probes refuses a negative pid before it looks the path up", () => {
  const task = new BpfTask();
  const prog = task.load(PROG_TYPE_KPROBE, "r0 = 0; exit", { 68: TRACE_UPROBE_MULTI });
  const attr = { 0: prog, 8: TRACE_UPROBE_MULTI, 16: task.at(3, "/none"), 24: task.at(4, "") };
  expect(task.bpf(LINK_CREATE, { ...attr, 48: 1, 56: -1 })).toBe(-EINVAL);
  expect(task.bpf(LINK_CREATE, { ...attr, 48: 1, 56: 1 })).toBe(-ENOENT);
});

test("a link needs a descriptor before its program is attached", () => {
  const task = new BpfTask();
  const prog = task.load(PROG_TYPE_RAW_TRACEPOINT, "r0 = 0; exit");
  while (task.call("dup", prog) >= 0);
  const name = task.at(3, "sched_switch");
  expect(task.bpf(RAW_TRACEPOINT_OPEN, { 0: name, 8: prog })).toBe(-EMFILE);
  expect(task.bpf(RAW_TRACEPOINT_OPEN, { 0: task.at(3, "none"), 8: prog })).toBe(-ENOENT);
  expect(task.attached()).toBe(0);
});

test("what a program prints to its stream is read from its descriptor, once", () => {
  const task = new BpfTask();
  const BPF_F_RDONLY_PROG = 1 << 7;
  const text = task.bpf(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 1, 16: BPF_F_RDONLY_PROG });
  const [key, value] = [task.at(1, new Uint8Array(4)), task.at(2, "%d|%x\n")];
  expect(task.bpf(MAP_UPDATE_ELEM, { 0: text, 8: key, 16: value })).toBe(0);
  expect(task.bpf(MAP_FREEZE, { 0: text })).toBe(0);
  const { insns } = bpf.asm(`
    *(u64 *)(r10 -16) = -7
    *(u64 *)(r10 -8) = 255
    r1 = 2
    r2 = map_value[text]+0
    r3 = r10
    r3 += -16
    r4 = 16
    call bpf_stream_vprintk_impl
    exit`);
  const load = insns.findIndex(({ code }) => code === 0x18);
  const code = encode(insns.map((insn, i) => (i === load ? { ...insn, imm: text } : insn)));
  const prog = task.bpf(PROG_LOAD, {
    0: PROG_TYPE_SYSCALL,
    4: code.length / 8,
    8: task.at(1, code),
    16: task.at(2, "GPL"),
    44: BPF_F_SLEEPABLE,
  });
  expect(prog).toBeGreaterThanOrEqual(0);
  expect(task.bpf(PROG_TEST_RUN, { 0: prog })).toBe(0);
  const read = () => task.bpf(PROG_STREAM_READ, { 0: task.at(3, ""), 8: 64, 12: 2, 16: prog });
  expect(read()).toBe(6);
  expect(new TextDecoder().decode(task.bytes(3, 6))).toBe("-7|ff\n");
  expect(read()).toBe(0);
});

test("a program's info has the addresses of its functions, which are those of its symbols", () => {
  const task = new BpfTask();
  const prog = task.load(PROG_TYPE_SYSCALL, "call sub; r0 = 0; exit; sub: r0 = 7; exit", {
    44: BPF_F_SLEEPABLE,
  });
  const room = new DataView(new ArrayBuffer(232));
  room.setUint32(104, 2, true);
  room.setUint32(112, task.at(6, new Uint8Array(16)), true);
  const info = task.at(7, new Uint8Array(room.buffer));
  expect(task.bpf(GET_INFO, { 0: prog, 4: 232, 8: info })).toBe(0);
  const found = new DataView(Uint8Array.from(task.bytes(6, 16)).buffer);
  const symbols = [...task.task.kernel.hooks.bpf!.kallsyms(true)].slice(-2);
  // Functions stand in front of the program that they are of.
  expect([8, 0].map((at) => Number(found.getBigInt64(at, true)))).toEqual(
    symbols.map(({ address }) => address),
  );
});

test("a map that is made for one program takes no other", () => {
  const task = new BpfTask();
  const code = encode(bpf.asm("r1 = map[0]; r0 = 0; exit").insns);
  const made = (hash: Uint8Array, size: number) =>
    task.bpf(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 4, 80: task.at(3, hash), 88: size });
  // Without the descriptor, as it is counted.
  const map = made(sha256(code), 32);
  expect(map).toBeGreaterThanOrEqual(0);
  expect(made(sha256(code), 31)).toBe(-EINVAL);
  const load = (fd: number) => {
    const insns = code.slice();
    new DataView(insns.buffer).setInt32(4, fd, true);
    const license = task.at(2, "GPL");
    return task.bpf(PROG_LOAD, { 0: 1, 4: insns.length / 8, 8: task.at(1, insns), 16: license });
  };
  expect(load(map)).toBeGreaterThan(map);
  expect(load(made(new Uint8Array(32), 32))).toBe(-EACCES);
});

test("of what a frozen array holds, a hash is told", () => {
  const task = new BpfTask();
  const map = task.array();
  const info = task.at(3, new Uint8Array(104));
  const asked = new DataView(new ArrayBuffer(104));
  asked.setUint32(88, task.at(4, new Uint8Array(32)), true);
  asked.setUint32(96, 32, true);
  task.at(3, new Uint8Array(asked.buffer));
  expect(task.bpf(GET_INFO, { 0: map, 4: 104, 8: info })).toBe(-EPERM);
  expect(task.bpf(MAP_FREEZE, { 0: map })).toBe(0);
  expect(task.bpf(GET_INFO, { 0: map, 4: 104, 8: info })).toBe(0);
  // Four values of 8 bytes.
  expect(task.bytes(4, 32)).toEqual(sha256(new Uint8Array(32)));
});
