import { expect, test } from "vitest";
import { BTF_KIND_STRUCT } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { BpfKernel } from "../bpf/kernel.ts";
import { encode } from "../bpf/program-text.ts";
import { ownStructs } from "../bpf/structs/own-structs.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { pollSyscalls } from "../fs/poll-syscalls.ts";
import { fsSyscalls } from "../fs/syscalls.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import {
  EBADF,
  EBUSY,
  EEXIST,
  EINPROGRESS,
  EINVAL,
  ENOENT,
  ENOLINK,
  EPERM,
} from "../include/errno.ts";
import { bpf } from "../index.ts";
import { TraceRing } from "../trace/ring.ts";
import { bpfObjectOfFd, bpfSyscalls } from "./bpf.ts";

const [MAP_CREATE, LOOKUP, UPDATE, DELETE, PROG_LOAD, GET_INFO] = [0, 1, 2, 3, 5, 15];
const [MAP_GET_FD_BY_ID, BTF_LOAD, LINK_CREATE, LINK_UPDATE, LINK_DETACH] = [14, 18, 28, 29, 34];
const [STRUCT_OPS_MAP, STRUCT_OPS_PROG, STRUCT_OPS_ATTACH] = [26, 27, 44];
const [F_LINK, F_REPLACE] = [1 << 13, 1 << 2];
const [INUSE, TOBEFREE, READY] = [1, 2, 3];
const POLLHUP = 0x10;
const VALUE_BYTES = 256;
const NAME_AT = 64 + 88;
const INT_TYPES =
  "9feb010018000000000000001000000010000000050000000100000000000001040000002000000100696e7400";
/** Members that a table has to have, and where they stand in the value. */
const MANDATORY: readonly (readonly [number, number])[] = [
  [0, 64],
  [1, 72],
  [8, 128],
];

const typeNumber = (name: string) => btfVmlinux().findByNameKind(name, BTF_KIND_STRUCT)!.id;

class TableTask extends TestCaller {
  readonly #types: number;
  readonly #progs: readonly (readonly [number, number])[];

  constructor() {
    super({ ...fsSyscalls, ...bpfSyscalls, ...pollSyscalls });
    const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
    this.task.kernel.hooks.bpf = bpfDoor(() => kernel);
    const types = Uint8Array.from(Buffer.from(INT_TYPES, "hex"));
    this.#types = this.bpf(BTF_LOAD, { 0: this.at(0, types), 16: types.length });
    const code = encode(bpf.asm("r0 = 0\nexit").insns);
    this.#progs = MANDATORY.map(([member, at]) => {
      const words = { 4: 2, 8: this.at(1, code), 16: this.at(2, "GPL"), 68: member };
      const target = typeNumber("tcp_congestion_ops");
      return [at, this.bpf(PROG_LOAD, { 0: STRUCT_OPS_PROG, ...words, 108: target })] as const;
    });
  }

  bpf(command: number, words: Readonly<Record<number, number>>): number {
    const block = new DataView(new ArrayBuffer(168));
    for (const [at, word] of Object.entries(words)) block.setUint32(Number(at), word, true);
    return this.call("bpf", command, this.at(5, new Uint8Array(block.buffer)), 168);
  }

  table(flags = 0): number {
    const type = typeNumber("bpf_struct_ops_tcp_congestion_ops");
    const sizes = { 4: 4, 8: VALUE_BYTES, 12: 1, 16: flags };
    return this.bpf(MAP_CREATE, { 0: STRUCT_OPS_MAP, ...sizes, 48: this.#types, 60: type });
  }

  fill(map: number, name: string): number {
    const value = new DataView(new ArrayBuffer(VALUE_BYTES));
    for (const [at, prog] of this.#progs) value.setUint32(at, prog, true);
    for (let i = 0; i < name.length; i++) value.setUint8(NAME_AT + i, name.charCodeAt(i));
    const at = this.at(7, new Uint8Array(value.buffer));
    return this.bpf(UPDATE, { 0: map, 8: this.at(6, "\0\0\0"), 16: at });
  }

  filled(name: string): number {
    const map = this.table(F_LINK);
    expect(this.fill(map, name)).toBe(0);
    return map;
  }

  /** How many use it, how far it has come, and the number of its first program. */
  look(map: number): number[] {
    const at = this.at(7, new Uint8Array(VALUE_BYTES));
    expect(this.bpf(LOOKUP, { 0: map, 8: this.at(6, "\0\0\0"), 16: at })).toBe(0);
    return [...new Uint32Array(this.bytes(7, 68).buffer)].filter((_, i) => i < 2 || i === 16);
  }

  delete(map: number): number {
    return this.bpf(DELETE, { 0: map, 8: this.at(6, "\0\0\0") });
  }

  link(map: number): number {
    return this.bpf(LINK_CREATE, { 0: map, 8: STRUCT_OPS_ATTACH });
  }

  update(link: number, map: number, flags = 0, old = 0): number {
    return this.bpf(LINK_UPDATE, { 0: link, 4: map, 8: flags, 12: old });
  }

  /** The type of a link, its program, and its map. */
  info(link: number): number[] {
    const at = this.at(7, new Uint8Array(64));
    expect(this.bpf(GET_INFO, { 0: link, 4: 64, 8: at })).toBe(0);
    const words = new Uint32Array(this.bytes(7, 20).buffer);
    return [words[0]!, words[2]!, words[4]!];
  }

  fdinfo(fd: number): string {
    return this.task.kernel.hooks.bpf!.fdinfoOf(bpfObjectOfFd(this.task, fd)!);
  }

  idOf(fd: number): number {
    return bpfObjectOfFd(this.task, fd)!.id;
  }

  poll(fd: number): number {
    const fds = this.at(7, new Uint8Array(Uint32Array.of(fd, 0).buffer));
    this.call("poll", fds, 1, 0);
    return this.bytes(7, 8)[6]!;
  }
}

test("a table is registered when it is filled in, and stays until it is deleted", () => {
  const task = new TableTask();
  const map = task.table();
  expect(task.look(map)).toEqual([0, 0, 0]);
  expect(task.delete(map)).toBe(-ENOENT);
  expect(task.fill(map, "cubic")).toBe(-EEXIST);
  expect(task.look(map)).toEqual([0, 0, 0]);
  expect(task.fill(map, "own")).toBe(0);
  expect(task.look(map)).toEqual([1, INUSE, 1]);
  expect(task.fill(map, "own")).toBe(-EBUSY);
  const other = task.table();
  expect(task.fill(other, "own")).toBe(-EEXIST);
  expect(task.link(map)).toBe(-EINVAL);
  const id = task.idOf(map);
  task.call("close", map);
  const again = task.bpf(MAP_GET_FD_BY_ID, { 0: id });
  expect(task.look(again)).toEqual([1, INUSE, 1]);
  expect(task.delete(again)).toBe(0);
  expect(task.delete(again)).toBe(-EINPROGRESS);
  expect(task.look(again)).toEqual([0, TOBEFREE, 1]);
  expect(task.fill(again, "own")).toBe(-EBUSY);
  task.call("close", again);
  expect(task.bpf(MAP_GET_FD_BY_ID, { 0: id })).toBe(-ENOENT);
  expect(task.fill(other, "own")).toBe(0);
});

test("links register tables, exchange them, and let them go", () => {
  const task = new TableTask();
  const [map, other, otherName] = [task.filled("own"), task.filled("own"), task.filled("new")];
  expect(task.look(map)).toEqual([0, READY, 1]);
  const link = task.link(map);
  expect(task.look(map)).toEqual([1, READY, 1]);
  expect(task.info(link)).toEqual([9, 0, task.idOf(map)]);
  // Programs that look at links find none behind it.
  const shown = Object.values(ownStructs["bpf_link"] ?? {});
  for (const member of shown) member(bpfObjectOfFd(task.task, link) as never);
  expect(task.fdinfo(link)).toBe(
    `link_type:\tstruct_ops\nlink_id:\t1\nmap_id:\t${task.idOf(map)}\n`,
  );
  expect([task.link(map), task.link(other), task.link(9999)]).toEqual([-EEXIST, -EEXIST, -EBADF]);
  expect(task.update(link, task.table(F_LINK))).toBe(-EINVAL);
  expect(task.update(link, otherName)).toBe(-EINVAL);
  expect(task.update(link, other, 0, map)).toBe(-EINVAL);
  expect(task.update(link, other, F_REPLACE, other)).toBe(-EPERM);
  expect(task.update(link, other, F_REPLACE, 9999)).toBe(-EBADF);
  expect(task.update(link, other, F_REPLACE, map)).toBe(0);
  expect([task.look(map)[0], task.look(other)[0]]).toEqual([0, 1]);
  expect(task.info(link)).toEqual([9, 0, task.idOf(other)]);
  expect(task.poll(link)).toBe(0);
  expect(task.bpf(LINK_DETACH, { 0: link })).toBe(0);
  expect(task.poll(link)).toBe(POLLHUP);
  expect(task.bpf(LINK_DETACH, { 0: link })).toBe(0);
  expect(task.info(link)).toEqual([9, 0, 0]);
  expect(task.update(link, map)).toBe(-ENOLINK);
  const next = task.link(map);
  expect(task.link(other)).toBe(-EEXIST);
  task.call("close", next);
  expect(task.link(other)).toBeGreaterThan(0);
});
