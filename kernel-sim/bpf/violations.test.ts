import { expect, test } from "vitest";
import { sourceBtf } from "../facade/source-lines.ts";
import { Clock } from "../hw/clock.ts";
import { bpf, type Insn } from "../index.ts";
import { TraceRing } from "../trace/ring.ts";
import { btfLoad } from "./btf/btf-load.ts";
import { BtfBuilder } from "./btf/build.ts";
import { BpfKernel } from "./kernel.ts";
import { progLoad } from "./prog-load.ts";
import type { LoadedProgram } from "./program.ts";
import { mapCreate } from "./syscall.ts";
import { testRun } from "./test-run.ts";

const PROG_TYPE_SYSCALL = 31;
const BPF_F_SLEEPABLE = 1 << 4;
const [ARRAY, ARENA, BPF_F_MMAPABLE] = [2, 33, 1 << 10];
const BPF_STDERR = 2;

function arenaIn(kernel: BpfKernel): number {
  return mapCreate(kernel, {
    ...{ mapType: ARENA, keySize: 0, valueSize: 0, maxEntries: 16, mapFlags: BPF_F_MMAPABLE },
    ...{ mapExtra: 0x7_0000_0000, innerMapFd: 0, name: "" },
  });
}

/** A map whose one value is a lock. */
function locksIn(kernel: BpfKernel): number {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4);
  const lock = builder.struct("bpf_res_spin_lock", 4, [{ name: "val", type: int, bitOffset: 0 }]);
  const value = builder.struct("value", 4, [{ name: "lock", type: lock, bitOffset: 0 }]);
  const attr = { btf: builder.bytes(), logLevel: 0, logSize: 0, hasLogBuffer: false };
  return mapCreate(kernel, {
    ...{ mapType: ARRAY, keySize: 4, valueSize: 4, maxEntries: 1, mapFlags: 0, mapExtra: 0 },
    ...{ btfFd: btfLoad(kernel, attr).fd, btfKeyTypeId: int, btfValueTypeId: value, name: "" },
  });
}

/** What a program that has a map finds on its standard error; the same in both engines. @param lines of its source */
function errorsOf(
  source: string,
  lines: Readonly<Record<number, string>>,
  mapIn = arenaIn,
): string {
  const texts = [Number.POSITIVE_INFINITY, 0].map((warmInsns) => {
    const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
    kernel.jit.warmInsns = warmInsns;
    const map = mapIn(kernel);
    const isMap = ({ code, srcReg }: Insn) => code === 0x18 && srcReg === 1;
    const { insns } = bpf.asm(source);
    const { fd, error } = progLoad(kernel, {
      ...{ progType: PROG_TYPE_SYSCALL, expectedAttachType: 0, insnCnt: insns.length },
      insns: insns.map((insn) => (isMap(insn) ? { ...insn, imm: map } : insn)),
      ...{ license: "GPL", progFlags: BPF_F_SLEEPABLE, name: "" },
      ...{ logLevel: 1, logSize: 1 << 16, hasLogBuffer: true, btf: sourceBtf(kernel, lines) },
    });
    expect(error).toBe("");
    const prog = kernel.files.get(fd) as LoadedProgram;
    // It has its names, whoever runs it.
    kernel.jit.enabled = warmInsns === 0;
    testRun(kernel, prog, { dataIn: new Uint8Array(0), ctxIn: undefined, repeat: 0 });
    let text = "";
    const memory = {
      read: () => undefined,
      write(_address: number, bytes: Uint8Array) {
        text += new TextDecoder().decode(bytes);
        return true;
      },
    };
    prog.streams.read(BPF_STDERR, memory, 0, 1 << 16);
    return text;
  });
  expect(texts[1]).toBe(texts[0]);
  return texts[0]!;
}

const CALLS = "CPU: 0 UID: 0 PID: 1 Comm: init\nCall trace:\n";
const withoutTags = (text: string) => text.replace(/bpf_prog_[0-9a-f]{16}/g, "bpf_prog");

test("a program reads what it has looked for in vain in an arena, and where", () => {
  const text = errorsOf(
    `
    r1 = map[arena]
    r2 = 0x2000
    r2 = addr_space_cast(r2, 0, 1)
    r0 = *(u64 *)(r2 +16)
    *(u32 *)(r2 +24) = 7
    r0 = 0
    exit`,
    { 0: "int prog(void) {", 4: "  n = cell->n;", 5: "  cell->m = 7;" },
  );
  // At a fault the place is the instruction's own, so its line has not begun yet.
  expect(withoutTags(text)).toBe(
    `ERROR: Arena READ access at unmapped address 0x700002010\n${CALLS}` +
      "bpf_prog+0x20/0x40\n  int prog(void) { @ source:1\n\n" +
      `ERROR: Arena WRITE access at unmapped address 0x700002018\n${CALLS}` +
      "bpf_prog+0x28/0x40\n  n = cell->n; @ source:2\n\n",
  );
});

test("a loop that has gone on for too long is told of once, with who has called whom", () => {
  const text = errorsOf(
    `
    r1 = map[arena]
    call sub
    r0 = 0
    exit
  sub:
    r0 = 0
  loop:
    may_goto out
    goto loop
  out:
    may_goto end
  end:
    exit`,
    { 0: "int prog(void) {", 2: "  sub();", 5: "int sub(void) {", 6: "  while (can_loop) ;" },
  );
  expect(withoutTags(text)).toBe(
    `ERROR: Timeout detected for may_goto instruction\n${CALLS}` +
      "bpf_prog+0x10/0x20\n  while (can_loop) ; @ source:4\n" +
      "bpf_prog+0x18/0x28\n  sub(); @ source:2\n\n",
  );
});

test("a lock that would wait for itself is told of where it was asked for", () => {
  const text = errorsOf(
    `
    *(u32 *)(r10 -4) = 0
    r1 = map[locks]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r6 = r0
    r1 = map[locks]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r7 = r0
    r1 = r6
    call bpf_res_spin_lock
    if r0 != 0 goto out
    r1 = r7
    call bpf_res_spin_lock
    if r0 != 0 goto refused
    r1 = r7
    call bpf_res_spin_unlock
  refused:
    r1 = r6
    call bpf_res_spin_unlock
  out:
    r0 = 0
    exit`,
    { 0: "int prog(void) {", 18: "  lock(again);", 20: "  unlock(again);" },
    locksIn,
  );
  const [title, attempted, count, held, cpu, calls, ...trace] = withoutTags(text).split("\n");
  expect(title).toBe("ERROR: AA or ABBA deadlock detected for bpf_res_spin_lock");
  expect(attempted!.slice(-18)).toBe(held!.slice(-18));
  expect([count, `${cpu}\n${calls}\n`]).toEqual(["Total held locks = 1", CALLS]);
  expect(trace).toEqual(["bpf_prog+0xa0/0xd8", "  lock(again); @ source:2", "", ""]);
});
