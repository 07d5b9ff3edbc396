import { describe, expect, test } from "vitest";
import { bpf } from "../../facade/toolkit.ts";
import { Clock } from "../../hw/clock.ts";
import { EINVAL } from "../../include/errno.ts";
import { TraceRing } from "../../trace/ring.ts";
import { btfLoad } from "../btf/btf-load.ts";
import { BtfBuilder } from "../btf/build.ts";
import { BTF_FUNC_GLOBAL, BTF_FUNC_STATIC } from "../btf/kinds.ts";
import { BpfKernel } from "../kernel.ts";
import { type ProgLoadAttr, progLoad } from "../prog-load.ts";
import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_XDP,
  BPF_TRACE_FEXIT,
} from "../uapi.ts";

/** A function of the program: what it takes after its context, and how it is linked. */
interface Func {
  readonly name: string;
  readonly ints?: number;
  readonly ctx?: string;
  readonly isStatic?: boolean;
}

const NO_RECORDS = { bytes: new Uint8Array(0), recSize: 0, count: 0 };

/** Types for functions that start at these instructions, and the number of each. */
function typesOf(kernel: BpfKernel, funcs: readonly (readonly [start: number, func: Func])[]) {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const ids = funcs.map(([, { name, ints = 0, ctx = "xdp_md", isStatic }]) => {
    const pointer = builder.ptr(builder.struct(ctx, 4, [{ name: "a", type: int, bitOffset: 0 }]));
    const numbers = Array.from({ length: ints }, (_, i) => ({ name: `n${i}`, type: int }));
    const proto = builder.funcProto(int, [{ name: "ctx", type: pointer }, ...numbers]);
    return builder.func(name, proto, isStatic ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL);
  });
  const none = { logLevel: 0, logSize: 0, hasLogBuffer: false };
  const progBtfFd = btfLoad(kernel, { btf: builder.bytes(), ...none }).fd;
  const rows = Uint32Array.from(funcs.flatMap(([start], i) => [start, ids[i]!]));
  const funcInfo = { bytes: new Uint8Array(rows.buffer), recSize: 8, count: funcs.length };
  return { ids, btf: { progBtfFd, funcInfo, lineInfo: NO_RECORDS, coreRelo: NO_RECORDS } };
}

function load(kernel: BpfKernel, text: string, attr: Partial<ProgLoadAttr>) {
  const { insns } = bpf.asm(text);
  return progLoad(kernel, {
    ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, license: "GPL", progFlags: 0 },
    ...{ logLevel: 2, logSize: 1 << 16, hasLogBuffer: true, name: "" },
    ...{ insns, insnCnt: insns.length },
    ...attr,
  });
}

/** `main` calls `f`, which begins at the fifth instruction. */
const CALLS = "r6 = r1; r2 = 1; call f; r0 = 1; exit; f: r0 = 2; exit";

interface Target {
  readonly f?: Func;
  readonly progType?: number;
}

function machineWith({ f = { name: "f", ints: 1 }, progType = BPF_PROG_TYPE_XDP }: Target) {
  const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
  const main: Func = { name: "main", ...(f.ctx === undefined ? {} : { ctx: f.ctx }) };
  const { ids, btf } = typesOf(kernel, [
    [0, main],
    [5, f],
  ]);
  const answer = load(kernel, CALLS, { progType, btf });
  expect(answer.fd, answer.log).toBeGreaterThanOrEqual(0);
  return { kernel, fd: answer.fd, main: ids[0]!, f: ids[1]! };
}

function extend(target: Target, own: Func, text: string, attr: Partial<ProgLoadAttr> = {}) {
  const { kernel, fd, f } = machineWith(target);
  const { btf } = typesOf(kernel, [[0, own]]);
  const where = { attachFd: fd, attachBtfId: f };
  return load(kernel, text, { progType: BPF_PROG_TYPE_EXT, btf, ...where, ...attr });
}

const SAME: Func = { name: "g", ints: 1 };

describe("an extension", () => {
  test("is checked for all arguments, with the context of what it extends", () => {
    const { fd, log } = extend({}, SAME, "r0 = *(u32 *)(r1 + 4); r0 = r2; exit");
    expect(fd, log).toBeGreaterThanOrEqual(0);
    expect(log).toContain("Validating g() func#0...\n");
    expect(log).toContain("R0=pkt_end()");
  });

  test("may answer what the program that it extends may", () => {
    const target = {
      f: { name: "f", ints: 1, ctx: "__sk_buff" },
      progType: BPF_PROG_TYPE_CGROUP_SKB,
    };
    const own = { ...SAME, ctx: "__sk_buff" };
    expect(extend(target, own, "r0 = 1; exit").fd).toBeGreaterThanOrEqual(0);
    expect(extend(target, own, "r0 = 2; exit").error).toBe(
      "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]",
    );
  });

  test.each([
    { own: { name: "g" }, error: "g() has 1 args while f() has 2 args" },
    { own: { ...SAME, isStatic: true }, error: "g() is not a global function" },
    {
      own: { ...SAME, ctx: "__sk_buff" },
      error: "arg0 g(struct __sk_buff *) doesn't match f(struct xdp_md *)",
    },
    { own: SAME, f: { name: "f", ints: 1, isStatic: true }, error: "f() is not a global function" },
    {
      own: SAME,
      text: "r2 = 0; call bpf_xdp_adjust_head; r0 = 0; exit",
      error: "Extension program changes packet data, while original does not",
    },
  ] as const)("is refused: $error", ({ own, error, ...rest }) => {
    const target = "f" in rest ? { f: rest.f } : {};
    const answer = extend(target, own, "text" in rest ? rest.text : "r0 = 0; exit");
    expect([answer.error, answer.fd]).toEqual([error, -EINVAL]);
  });

  test("extends no extension", () => {
    const { kernel, fd, f } = machineWith({});
    const { btf, ids } = typesOf(kernel, [[0, SAME]]);
    const extension = { progType: BPF_PROG_TYPE_EXT, btf, attachFd: fd, attachBtfId: f };
    const first = load(kernel, "r0 = 0; exit", extension);
    const onFirst = { ...extension, attachFd: first.fd, attachBtfId: ids[0]! };
    expect(load(kernel, "r0 = 0; exit", onFirst).error).toBe("Cannot recursively attach");
  });
});

describe("a tracer of a program", () => {
  function trace(text: string, attr: Partial<ProgLoadAttr> = {}) {
    const { kernel, fd, f } = machineWith({});
    return load(kernel, text, {
      ...{ progType: BPF_PROG_TYPE_TRACING, expectedAttachType: BPF_TRACE_FEXIT },
      ...{ attachFd: fd, attachBtfId: f },
      ...attr,
    });
  }

  test("sees the kernel's structure in place of the context, numbers, and the answer", () => {
    const { fd, log } = trace(
      "r2 = *(u64 *)(r1 + 0); r3 = *(u64 *)(r1 + 8); r4 = *(u64 *)(r1 + 16); r0 = 0; exit",
    );
    expect(fd, log).toBeGreaterThanOrEqual(0);
    expect(log).toContain("R2=ptr_xdp_buff()");
    expect(log).toContain("R4=scalar()");
  });

  test.each([
    {
      text: "r0 = *(u64 *)(r1 + 24); exit",
      attr: {},
      error: "invalid bpf_context access off=24 size=8",
    },
    { text: "r0 = 0; exit", attr: { attachBtfId: 1 }, error: "Subprog int doesn't exist" },
    { text: "r0 = 0; exit", attr: { attachBtfId: 99 }, error: "attach_btf_id 99 is invalid" },
    { text: "r0 = 0; exit", attr: { progFlags: 16 }, error: "f is not sleepable" },
  ])("is refused: $error", ({ text, attr, error }) => {
    expect(trace(text, attr).error).toBe(error);
  });
});
