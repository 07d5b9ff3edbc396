import { describe, expect, test } from "vitest";
import type { Insn } from "../api.ts";
import { bpf } from "../facade/toolkit.ts";
import { Clock } from "../hw/clock.ts";
import { E2BIG, EBADF, EFAULT, EINVAL, ENOSPC } from "../include/errno.ts";
import { TraceRing } from "../trace/ring.ts";
import { btfLoad } from "./btf/btf-load.ts";
import { BtfBuilder } from "./btf/build.ts";
import { BPF_CORE_TYPE_SIZE } from "./btf/core-spec.ts";
import { BTF_FUNC_GLOBAL } from "./btf/kinds.ts";
import { BpfKernel } from "./kernel.ts";
import {
  type ProgBtfAttr,
  type ProgLoadAttr,
  type ProgLoadOutcome,
  progLoad,
} from "./prog-load.ts";
import type { LoadedProgram } from "./program.ts";
import { mapCreate } from "./syscall.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_PROG_TYPE_XDP } from "./uapi.ts";

const GOOD = bpf.asm("r0 = 2; exit").insns;
const BAD = bpf.asm("r0 = r5; exit").insns;

function load(attr: Partial<ProgLoadAttr>): ProgLoadOutcome {
  const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
  const insns = attr.insns === undefined ? GOOD : attr.insns;
  return progLoad(kernel, {
    progType: BPF_PROG_TYPE_XDP,
    expectedAttachType: 0,
    insnCnt: insns?.length ?? 2,
    license: "GPL",
    progFlags: 0,
    logLevel: 2,
    logSize: 1 << 16,
    hasLogBuffer: true,
    name: "",
    ...attr,
    insns,
  });
}

/** Answered by Linux 6.18. */
test.each([
  ["a flag that does not exist", { progFlags: 1 << 30 }, EINVAL],
  ["no instructions", { insnCnt: 0 }, E2BIG],
  ["more instructions than a million", { insnCnt: 1_000_001 }, E2BIG],
  ["no instructions at that address", { insns: null }, EFAULT],
  ["no license at that address", { license: null }, EFAULT],
  ["a type that does not exist", { progType: 99 }, EINVAL],
  ["an attach type of another program type", { progType: BPF_PROG_TYPE_CGROUP_SOCK_ADDR }, EINVAL],
  ["a flag before the number of instructions", { progFlags: 1 << 30, insnCnt: 0 }, EINVAL],
  ["the number of instructions before their address", { insnCnt: 0, insns: null }, E2BIG],
  ["a name with a blank", { name: "a b" }, EINVAL],
  ["a buffer without a size", { logSize: 0 }, EINVAL],
  ["a size without a buffer", { hasLogBuffer: false }, EINVAL],
  ["a buffer without a level", { logLevel: 0 }, EINVAL],
  ["a level that does not exist", { logLevel: 16 }, EINVAL],
  [
    "a map that is not open",
    { insns: bpf.program(bpf.insn.ldMapFd(1, 77), "r0 = 0; exit").insns },
    EBADF,
  ],
] as const)("%s is refused", (_what, attr, errno) => {
  expect(load(attr).fd).toBe(-errno);
});

describe("a log that does not fit", () => {
  test("refuses a program that is fine, without an explanation", () => {
    const { fd, error, log } = load({ logSize: 100 });
    expect(fd).toBe(-ENOSPC);
    expect(error).toBe("");
    expect(log).toHaveLength(99);
    expect(log).toMatch(/mark_read 0\n$/);
  });

  test("still ends in the explanation of a refusal", () => {
    const { fd, error } = load({ insns: BAD, logSize: 140 });
    expect(fd).toBe(-ENOSPC);
    expect(error).toBe("R5 !read_ok");
  });

  test("keeps its beginning with BPF_LOG_FIXED", () => {
    const { fd, log } = load({ logSize: 12, logLevel: 2 | 8 });
    expect(fd).toBe(-ENOSPC);
    expect(log).toBe("func#0 @0\nL");
  });
});

test("without a log, a refusal has no explanation", () => {
  const quiet = { logLevel: 0, logSize: 0, hasLogBuffer: false };
  expect(load({ insns: BAD, ...quiet })).toMatchObject({ fd: -13, error: "", log: "" });
  expect(load(quiet).fd).toBeGreaterThan(0);
});

test("on level 1 the log of an accepted program holds only the numbers", () => {
  expect(load({ logLevel: 1 }).log).toMatch(/^processed 2 insns \(limit 1000000\) [^\n]*\n$/);
});

describe("an array of descriptors", () => {
  const MAP = 3;
  const NONE = 99;

  function withArray(fds: readonly number[] | undefined, count: number, first: Insn) {
    const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
    while (!kernel.hasFile(MAP)) {
      const sizes = { keySize: 4, valueSize: 8, maxEntries: 1, mapFlags: 0, mapExtra: 0 };
      mapCreate(kernel, { innerMapFd: 0, mapType: BPF_MAP_TYPE_ARRAY, name: "", ...sizes });
    }
    const insns = [first, { ...first, code: 0, dstReg: 0, srcReg: 0, imm: 0 }, ...GOOD];
    return progLoad(kernel, {
      ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, license: "GPL", progFlags: 0 },
      ...{ logLevel: 2, logSize: 1 << 16, hasLogBuffer: true, name: "" },
      ...{ insns, insnCnt: insns.length },
      fdArray: fds && { count, at: (index) => fds[index] },
    });
  }
  const load64 = (srcReg: number, imm: number) => ({ code: 0x18, dstReg: 1, srcReg, off: 0, imm });

  /** Answered by Linux 6.18. */
  test.each([
    {
      fds: undefined,
      count: 0,
      src: 5,
      imm: 0,
      error: "fd_idx without fd_array is invalid",
      errno: 71,
    },
    {
      fds: [NONE],
      count: 0,
      src: 5,
      imm: 0,
      error: `fd ${NONE} is not pointing to valid bpf_map`,
      errno: 9,
    },
    { fds: [MAP], count: 0, src: 5, imm: 1, error: "", errno: EFAULT },
    {
      ...{ fds: [NONE], count: 1, src: 0, imm: 0, errno: EBADF },
      error: `fd ${NONE} is not pointing to valid bpf_map or btf`,
    },
    {
      ...{ fds: [], count: 1 << 30, src: 0, imm: 0, errno: EINVAL },
      error: `fd_array_cnt is too big (${1 << 30})`,
    },
  ])("is refused: $error", ({ fds, count, src, imm, error, errno }) => {
    const answer = withArray(fds, count, load64(src, imm));
    expect([answer.error, answer.fd]).toEqual([error, -errno]);
  });

  test("names maps by their place in it", () => {
    expect(withArray([MAP], 0, load64(5, 0)).log).toContain("R1=map_ptr(ks=4,vs=8)");
    expect(withArray([MAP], 0, load64(6, 0)).log).toContain("R1=map_value(ks=4,vs=8)");
  });

  test("is the program's, whether it uses the maps or not", () => {
    expect(withArray([MAP, MAP], 2, load64(0, 0)).fd).toBeGreaterThan(0);
  });
});

test("the tag, and the numbers in wide loads, are those that the kernel's types have put there", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const main = builder.func("main", builder.funcProto(int, []), BTF_FUNC_GLOBAL);
  const local = builder.struct("list_head", 4, []);
  const relo = [0, local, builder.string("0"), BPF_CORE_TYPE_SIZE];
  const records = (words: readonly number[], count: number) => ({
    ...{ bytes: new Uint8Array(Uint32Array.from(words).buffer), count },
    recSize: words.length * 4,
  });
  const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
  const btf = builder.bytes();
  const { fd } = btfLoad(kernel, { btf, logLevel: 0, logSize: 0, hasLogBuffer: false });
  const loaded = (size: number, progBtf?: ProgBtfAttr) => {
    const { insns } = bpf.asm(`r0 = ${size} ll; exit`);
    const outcome = progLoad(kernel, {
      ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, license: "GPL", progFlags: 0 },
      ...{ logLevel: 0, logSize: 0, hasLogBuffer: false, name: "" },
      ...{ insns, insnCnt: insns.length, ...(progBtf && { btf: progBtf }) },
    });
    return kernel.files.get(outcome.fd) as LoadedProgram;
  };
  const relocated = loaded(4, {
    ...{ progBtfFd: fd, funcInfo: records([0, main], 1) },
    ...{ lineInfo: { ...records([], 0), recSize: 0 }, coreRelo: records(relo, 1) },
  });
  // Two pointers.
  const plain = loaded(16);
  expect(relocated.origin.tag).toEqual(plain.origin.tag);
  expect(relocated.runInsns).toEqual(plain.runInsns);
});
