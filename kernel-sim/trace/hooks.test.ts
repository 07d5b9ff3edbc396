import { expect, test } from "vitest";
import { BTF_KIND_STRUCT } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { boot, bpf } from "../index.ts";

const machine = boot({ seed: 1 });
const taskStruct = btfVmlinux().findByNameKind("task_struct", BTF_KIND_STRUCT);
const members = taskStruct?.kind === BTF_KIND_STRUCT ? taskStruct.members : [];
const TASK_PID = members.find((member) => btfVmlinux().nameOf(member) === "pid")!.offset / 8;
const array = (valueSize: number) =>
  machine.bpf.createMap({ type: "array", keySize: 4, valueSize, maxEntries: 1 });

function shell(script: string): void {
  machine.spawn("/bin/sh", { argv: ["sh", "-c", script] });
  machine.runUntilIdle();
}

test("a probe of a system call's function reads the path that the task has passed", () => {
  const path = array(16);
  const program = bpf.asm(`
    r7 = *(u64 *)(r1 +112)             ; di: what the task has called with
    r3 = r7
    r3 += 104                          ; its si
    r1 = r10
    r1 += -8
    r2 = 8
    call bpf_probe_read_kernel
    r3 = *(u64 *)(r10 -8)
    r1 = map_value[path]+0
    r2 = 16
    call bpf_probe_read_user_str
    r0 = 0
    exit`);
  const probe = machine.bpf.mustLoad({ type: "kprobe", program, maps: { path } });
  const link = probe.attach("__x64_sys_openat");
  shell("cat /etc/hostname");
  link.detach();
  expect(link.runs).toBeGreaterThan(0);
  const text = new TextDecoder().decode(path.lookup(0));
  expect(text).toBe("/etc/hostname\0\0\0");
});

test("where a function returns its probe finds the answer, and the function's address", () => {
  const seen = array(16);
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +80)              ; ax
    call bpf_get_func_ip
    r1 = map_value[seen]+0
    *(u64 *)(r1 +0) = r6
    *(u64 *)(r1 +8) = r0
    r0 = 0
    exit`);
  const probe = machine.bpf.mustLoad({ type: "kprobe", program, maps: { seen } });
  const link = probe.attach("__x64_sys_openat", { isReturn: true });
  shell("cat /nowhere");
  link.detach();
  const view = new DataView(seen.lookup(0)!.buffer);
  expect(view.getBigInt64(0, true)).toBe(-2n);
  expect(view.getBigUint64(8, true)).toBeGreaterThan(0xffffffff81000000n);
});

test("one program tells by its cookies where it was attached, and who runs there", () => {
  const seen = array(16);
  const program = bpf.asm(
    `
    r6 = r1
    call bpf_get_attach_cookie
    r7 = r0
    call bpf_get_current_task
    r3 = r0
    r3 += PID
    r1 = r10
    r1 += -8
    r2 = 4
    call bpf_probe_read_kernel
    r8 = *(u32 *)(r10 -8)
    r1 = map_value[seen]+0
    *(u64 *)(r1 +0) = r7
    *(u64 *)(r1 +8) = r8
    r0 = 0
    exit`.replace("PID", String(TASK_PID)),
  );
  const probe = machine.bpf.mustLoad({ type: "kprobe", program, maps: { seen } });
  const links = [
    probe.attach("__x64_sys_openat", { cookie: 7 }),
    probe.attach("__x64_sys_exit_group", { cookie: 9 }),
  ];
  const pid = machine.spawn("/bin/cat", { argv: ["cat", "/etc/hostname"] }).pid;
  machine.runUntilIdle();
  for (const link of links) link.detach();
  const view = new DataView(seen.lookup(0)!.buffer);
  expect([view.getBigUint64(0, true), view.getBigUint64(8, true)]).toEqual([9n, BigInt(pid)]);
});

test("a raw tracepoint gives the kernel's own arguments", () => {
  const calls = array(8);
  const program = bpf.asm(`
    r2 = *(u64 *)(r1 +8)
    if r2 != 257 goto out              ; openat
    r1 = map_value[calls]+0
    r2 = 1
    lock *(u64 *)(r1 +0) += r2
  out:
    r0 = 0
    exit`);
  const prog = machine.bpf.mustLoad({ type: "raw_tracepoint", program, maps: { calls } });
  const raw = prog.attach("sys_enter");
  const own = machine.bpf
    .mustLoad({ type: "tracepoint", program: bpf.asm("r0 = 1; exit") })
    .attach("syscalls:sys_enter_openat");
  shell("cat /etc/hostname /etc/passwd");
  expect(raw.runs).toBeGreaterThan(own.runs);
  expect(Number(calls.lookupUint(0))).toBe(own.runs);
});

test("what does not fit is told when it is attached", () => {
  const load = (type: string, text: string) =>
    machine.bpf.mustLoad({ type, program: bpf.asm(text) } as Parameters<
      typeof machine.bpf.mustLoad
    >[0]);
  const kprobe = load("kprobe", "r0 = 0; exit");
  expect(() => kprobe.attach("vfs_nothing")).toThrow(/there is no "vfs_nothing"/);
  const third = load("raw_tracepoint", "r0 = *(u64 *)(r1 +16); r0 = 0; exit");
  expect(() => third.attach("sys_enter")).toThrow(/cannot be attached to "sys_enter"/);
  expect(third.attach("sched_switch").runs).toBe(0);
});
