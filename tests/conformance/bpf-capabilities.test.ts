import { join } from "node:path";
import { expect, test } from "vitest";
import type { BpfCap, BpfCaps } from "../../kernel-sim/bpf/capability.ts";
import { progLoad } from "../../kernel-sim/bpf/prog-load.ts";
import { mapCreate } from "../../kernel-sim/bpf/syscall.ts";
import * as uapi from "../../kernel-sim/bpf/uapi.ts";
import { E2BIG, EINVAL, EPERM } from "../../kernel-sim/include/errno.ts";
import { readCorpus } from "./bpf-corpus.ts";
import type { VerifyRecord } from "./bpf-record.ts";
import { loadRecord, newKernel } from "./bpf-verify.ts";

/** Programs of tasks with few capabilities (record-capped-programs.py). */
const capped = readCorpus(join(import.meta.dirname, "../fixtures/bpf/capped.jsonl.gz"));

/** Columns depend on how long an address is. */
function withoutAddresses(log: string): string {
  return log.replace(/(\(18\) r\d = )(?:MAP|0x[0-9a-f]{6,}) */g, "$1MAP ");
}

test("programs of tasks with few capabilities get Linux's whole log, guessed paths included", () => {
  const records = capped as VerifyRecord[];
  expect(records.length).toBe(163);
  for (const record of records) {
    const kernel = newKernel();
    kernel.unprivilegedBpfDisabled = 0;
    const { fd, log } = loadRecord(kernel, record);
    expect(Math.max(-fd, 0), record.id).toBe(record.load.errno);
    expect(withoutAddresses(log), record.id).toBe(withoutAddresses(record.load.log ?? ""));
  }
});

function caps(...names: readonly BpfCap[]): BpfCaps {
  const has = (name: BpfCap) => names.includes(name);
  return {
    bpf: has("bpf"),
    netAdmin: has("netAdmin"),
    perfmon: has("perfmon"),
    sysAdmin: has("sysAdmin"),
  };
}

const RETURN_0 = [
  { code: 0xb7, dstReg: 0, srcReg: 0, off: 0, imm: 0 },
  { code: 0x95, dstReg: 0, srcReg: 0, off: 0, imm: 0 },
];

test.each([
  { type: "socket_filter", with: caps("bpf"), disabled: 2, errno: 0 },
  { type: "socket_filter", with: caps("sysAdmin"), disabled: 2, errno: 0 },
  { type: "socket_filter", with: caps(), disabled: 2, errno: EPERM },
  { type: "socket_filter", with: caps(), disabled: 1, errno: EPERM },
  { type: "socket_filter", with: caps(), disabled: 0, errno: 0 },
  { type: "socket_filter", with: caps(), disabled: 0, count: 4097, errno: E2BIG },
  { type: "socket_filter", with: caps("bpf"), disabled: 2, count: 4097, errno: 0 },
  { type: "cgroup_skb", with: caps("netAdmin", "perfmon"), disabled: 0, errno: 0 },
  { type: "sk_lookup", with: caps("netAdmin", "perfmon"), disabled: 0, errno: EPERM },
  { type: "sk_lookup", with: caps("bpf"), disabled: 2, errno: EINVAL },
  { type: "xdp", with: caps("bpf", "perfmon"), disabled: 2, errno: EPERM },
  { type: "xdp", with: caps("bpf", "netAdmin"), disabled: 2, errno: 0 },
  { type: "kprobe", with: caps("bpf", "netAdmin"), disabled: 2, errno: EPERM },
  { type: "kprobe", with: caps("bpf", "perfmon"), disabled: 2, errno: 0 },
] as const)("a $type program needs its capabilities: $errno", (row) => {
  const kernel = newKernel();
  kernel.caps = row.with;
  kernel.unprivilegedBpfDisabled = row.disabled;
  const count = "count" in row ? row.count : 2;
  const insns = [...Array(count - 2).fill(RETURN_0[0]), ...RETURN_0];
  const { fd } = progLoad(kernel, {
    progType: uapi.BPF_PROG_TYPE_NAMES.indexOf(row.type),
    expectedAttachType: 0,
    insns,
    insnCnt: insns.length,
    license: "GPL",
    progFlags: 0,
    logLevel: 0,
    logSize: 0,
    hasLogBuffer: false,
    name: "",
  });
  expect(Math.max(-fd, 0)).toBe(row.errno);
});

test.each([
  { type: uapi.BPF_MAP_TYPE_HASH, with: caps(), disabled: 0, errno: 0 },
  { type: uapi.BPF_MAP_TYPE_HASH, with: caps(), disabled: 2, errno: EPERM },
  { type: uapi.BPF_MAP_TYPE_LRU_HASH, with: caps("perfmon"), disabled: 0, errno: EPERM },
  { type: uapi.BPF_MAP_TYPE_LRU_HASH, with: caps("bpf"), disabled: 2, errno: 0 },
])(
  "a map of type $type needs its capabilities: $errno",
  ({ type, with: held, disabled, errno }) => {
    const kernel = newKernel();
    kernel.caps = held;
    kernel.unprivilegedBpfDisabled = disabled;
    const sizes = { keySize: 4, valueSize: 8, maxEntries: 4, mapFlags: 0, mapExtra: 0 };
    const fd = mapCreate(kernel, { mapType: type, ...sizes, name: "" });
    expect(Math.max(-fd, 0)).toBe(errno);
  },
);
