import { expect, test } from "vitest";
import { BTF_KIND_STRUCT } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { boot, bpf } from "../index.ts";

const machine = boot({ seed: 1 });
const taskStruct = btfVmlinux().findByNameKind("task_struct", BTF_KIND_STRUCT);
const members = taskStruct?.kind === BTF_KIND_STRUCT ? taskStruct.members : [];
const TASK_TGID = members.find((member) => btfVmlinux().nameOf(member) === "tgid")!.offset / 8;

function shell(script: string): void {
  machine.spawn("/bin/sh", { argv: ["sh", "-c", script] });
  machine.runUntilIdle();
}

const textOf = (bytes: Uint8Array | undefined) =>
  new TextDecoder().decode(bytes).replace(/\0.*$/s, "");

test("a probe inside of the kernel reads the structures that its function gets", () => {
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 32, maxEntries: 1 });
  const program = bpf.asm(`
    r3 = *(u64 *)(r1 +104)             ; si: a struct filename
    r1 = r10
    r1 += -8
    r2 = 8
    call bpf_probe_read_kernel         ; its name
    r3 = *(u64 *)(r10 -8)
    r1 = map_value[seen]+0
    r2 = 32
    call bpf_probe_read_kernel_str
    r0 = 0
    exit`);
  const probe = machine.bpf.mustLoad({ type: "kprobe", program, maps: { seen } });
  const link = probe.attach("do_unlinkat");
  shell("echo x > /tmp/gone; rm /tmp/gone");
  expect([link.type, link.runs]).toEqual(["perf", 1]);
  expect(textOf(seen.lookup(0))).toBe("/tmp/gone");
  link.detach();
  shell("echo x > /tmp/gone; rm /tmp/gone");
  expect(link.runs).toBe(1);
});

test("a probe at the return of a function finds what it has answered, also after a sleep", () => {
  const answers = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +80)              ; ax
    r1 = map_value[answers]+0
    *(u64 *)(r1 +0) = r6
    r0 = 0
    exit`);
  const probe = machine.bpf.mustLoad({ type: "kprobe", program, maps: { answers } });
  const entries = probe.attach("vfs_read");
  const returns = probe.attach("vfs_read", { isReturn: true });
  // The reader waits for the pipe.
  shell("(sleep 1; echo seven) | cat");
  expect(returns.runs).toBe(entries.runs);
  expect(Number(answers.lookupUint(0))).toBe(0);
  entries.detach();
  returns.detach();
});

test("children and ends of tasks are seen where they happen", () => {
  const program = bpf.asm("r0 = 0; exit");
  const probe = machine.bpf.mustLoad({ type: "kprobe", program });
  const links = ["kernel_clone", "wake_up_new_task", "do_exit"].map((name) => probe.attach(name));
  shell("true; /bin/true");
  const runs = links.map((link) => link.runs);
  for (const link of links) link.detach();
  expect(runs[0]).toBe(runs[1]);
  expect(runs[2]).toBe(runs[0]);
});

test("programs at the entry and the return of a function see its arguments and its answer", () => {
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 40, maxEntries: 1 });
  const load = (expectedAttachType: string, program: ReturnType<typeof bpf.asm>) =>
    machine.bpf.mustLoad({
      ...{ type: "tracing", expectedAttachType, attachTo: "do_unlinkat" },
      ...{ program, maps: { seen } },
    });
  const entry = load(
    "trace_fentry",
    bpf.asm(`
    r6 = r1
    call bpf_get_attach_cookie
    r7 = r0
    r1 = r6
    call bpf_get_func_arg_cnt
    r8 = r0
    r3 = *(u64 *)(r6 +8)
    r3 = *(u64 *)(r3 +0)               ; name->name
    r1 = map_value[seen]+0
    *(u64 *)(r1 +0) = r7
    *(u64 *)(r1 +8) = r8
    r1 += 16
    r2 = 16
    call bpf_probe_read_kernel_str
    r0 = 0
    exit`),
  );
  const exit = load(
    "trace_fexit",
    bpf.asm(`
    r2 = *(u64 *)(r1 +16)              ; behind the two arguments
    r3 = map_value[seen]+32
    *(u64 *)(r3 +0) = r2
    r0 = 0
    exit`),
  );
  const links = [entry.attach(undefined, { cookie: 77 }), exit.attach()];
  expect(() => entry.attach()).toThrow(/already/);
  machine.run(function* (sys) {
    return yield* sys.unlink("/tmp/nothing");
  });
  const view = new DataView(seen.lookup(0)!.buffer);
  expect([view.getUint32(0, true), view.getUint32(8, true)]).toEqual([77, 2]);
  expect(textOf(seen.lookup(0)?.subarray(16, 32))).toBe("/tmp/nothing");
  expect(view.getBigInt64(32, true)).toBe(-2n);
  expect(links.map((link) => [link.type, link.runs])).toEqual([
    ["tracing", 1],
    ["tracing", 1],
  ]);
  for (const link of links) link.detach();
});

/** Answers `answer` for files of `size` bytes. */
const refusing = (size: number, answer: number) =>
  bpf.asm(`
    r6 = *(u64 *)(r1 +0)               ; the file
    r7 = *(u64 *)(r6 +32)              ; f_inode
    r8 = *(u64 *)(r7 +80)              ; i_size
    r0 = 0
    if r8 != ${size} goto out
    r0 = ${answer}
  out:
    exit`);

test("an LSM program refuses what is asked for, and one may answer for the function that asks", () => {
  const load = (
    attr: { type: string; expectedAttachType: string; attachTo: string },
    size: number,
  ) => machine.bpf.mustLoad({ ...attr, program: refusing(size, -1) }).attach();
  shell("printf 1234567 > /tmp/seven; printf 12 > /tmp/two");
  const open = (path: string) =>
    machine.run(function* (sys) {
      return Math.min((yield* sys.open(path, 0, 0)) as number, 0);
    });
  const answers = () => [open("/tmp/seven"), open("/tmp/two")];
  expect(answers()).toEqual([0, 0]);
  const lsm = load({ type: "lsm", expectedAttachType: "lsm_mac", attachTo: "file_open" }, 7);
  expect(answers()).toEqual([-1, 0]);
  const attachTo = "security_file_open";
  const modify = load({ type: "tracing", expectedAttachType: "modify_return", attachTo }, 2);
  expect(answers()).toEqual([-1, -1]);
  lsm.detach();
  expect(answers()).toEqual([0, -1]);
  modify.detach();
  expect(answers()).toEqual([0, 0]);
});

test("a BTF tracepoint gives tasks as such", () => {
  const program = bpf.asm(
    `
    r6 = *(u64 *)(r1 +0)               ; the task
    r7 = *(u32 *)(r6 +TGID)
    r1 = map_value[seen]+0
    *(u64 *)(r1 +0) = r7
    r0 = 0
    exit`.replace("TGID", String(TASK_TGID)),
  );
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const prog = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "trace_raw_tp", attachTo: "sched_process_exit" },
    ...{ program, maps: { seen } },
  });
  const link = prog.attach();
  const { pid } = machine.spawn("/bin/true", { argv: ["true"] });
  machine.runUntilIdle();
  expect([link.type, link.runs, Number(seen.lookupUint(0))]).toEqual(["raw_tracepoint", 1, pid]);
  link.detach();
});

test("a test run calls the functions that are there to be traced", () => {
  const sums = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });
  const program = bpf.asm(`
    r2 = *(u64 *)(r1 +40)              ; the sixth argument
    r3 = *(u64 *)(r1 +48)              ; what the function has answered
    r4 = map_value[sums]+0
    *(u64 *)(r4 +0) = r2
    *(u64 *)(r4 +8) = r3
    r0 = 0
    exit`);
  const attachTo = "bpf_fentry_test6";
  const fexit = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "trace_fexit", attachTo, program, maps: { sums } },
  });
  const link = fexit.attach();
  expect(fexit.run().retval).toBe(0);
  const view = new DataView(sums.lookup(0)!.buffer);
  expect([link.runs, view.getUint32(0, true), view.getUint32(8, true)]).toEqual([1, 21, 111]);
  link.detach();
  const modify = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "modify_return", attachTo: "bpf_modify_return_test" },
    program: bpf.asm("r0 = 100; exit"),
  });
  expect(modify.run().retval).toBe((2 << 16) | 33);
  const other = modify.attach();
  expect(modify.run().retval).toBe((1 << 16) | 129);
  other.detach();
  const refusing = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "modify_return", attachTo: "bpf_modify_return_test" },
    program: bpf.asm("r0 = -30; exit"),
  });
  const negative = refusing.attach();
  // The sum has 16 bits: it does not reach into the number of side effects.
  expect(refusing.run().retval).toBe((1 << 16) | 0xffff);
  negative.detach();
});

test("a link that has a name stays when its descriptor is closed", () => {
  const program = bpf.asm("r0 = 0; exit");
  const link = machine.bpf.mustLoad({ type: "kprobe", program }).attach("do_unlinkat");
  expect(() => link.pin("/sys/fs/bpf/mine")).toThrow(/cannot be pinned/);
  shell("mount -t bpf none /sys/fs/bpf");
  link.pin("/sys/fs/bpf/mine");
  link.detach();
  shell("echo > /tmp/one; rm /tmp/one");
  expect(link.runs).toBe(1);
  shell("rm /sys/fs/bpf/mine; echo > /tmp/one; rm /tmp/one");
  // Its own removal is still seen.
  expect(link.runs).toBe(2);
});

test("an iterator prints the tasks of the machine, and may get another program", () => {
  const asm = (format: string) =>
    bpf.asm(
      `
    r2 = *(u64 *)(r1 +8)               ; the task
    r1 = *(u64 *)(r1 +0)
    r1 = *(u64 *)(r1 +0)               ; meta->seq
    if r2 == 0 goto out
    r3 = *(u32 *)(r2 +TGID)
    *(u64 *)(r10 -16) = r3
    r3 = ${format}
    *(u64 *)(r10 -8) = r3
    r2 = r10
    r2 += -8
    r3 = 8
    r4 = r10
    r4 += -16
    r5 = 8
    call bpf_seq_printf
  out:
    r0 = 0
    exit`.replace("TGID", String(TASK_TGID)),
    );
  const load = (format: string) =>
    machine.bpf.mustLoad({
      ...{ type: "tracing", expectedAttachType: "trace_iter", attachTo: "task" },
      program: asm(format),
    });
  // "%d\n" and "%d,".
  const link = load("0x0a6425").attach();
  const before = link.read().trimEnd().split("\n").map(Number);
  expect(before[0]).toBe(1);
  const { pid } = machine.spawn("/bin/sleep", { argv: ["sleep", "9"] });
  expect(link.read()).toBe([...before, pid, ""].join("\n"));
  link.update(load("0x2c6425"));
  expect(link.read()).toMatch(/^(\d+,)+$/);
  link.detach();
  // Nobody holds it now, so that it holds nothing either.
  expect(() => link.read()).toThrow(/has gone/);
  expect(() => link.update(load("0x0a6425"))).toThrow(/has gone/);
  expect(() => link.pin("/sys/fs/bpf/gone")).toThrow(/has gone/);
  const probe = machine.bpf.mustLoad({ type: "kprobe", program: bpf.asm("r0 = 0; exit") });
  // Linux has the one, and nobody calls it here.
  expect(() => probe.attach("vfs_mkdir")).toThrow(/does not come to "vfs_mkdir"/);
  expect(() => probe.attach("no_such")).toThrow(/there is no "no_such"/);
  const other = probe.attach("do_exit");
  expect(() => other.update(probe)).toThrow(/does not take/);
  expect(() => other.read()).toThrow(TypeError);
  other.detach();
});

test("an LSM program sees what a socket is to be bound to, and a probe who unlinks what", () => {
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +16)              ; the length of the address
    r3 = *(u64 *)(r1 +8)
    r1 = r10
    r1 += -8
    r2 = 4
    call bpf_probe_read_kernel
    r7 = *(u16 *)(r10 -6)              ; the port, in the order of the network
    r0 = 0
    if r6 != 16 goto out
    if r7 != 0x5000 goto out           ; 80
    r0 = -1
  out:
    exit`);
  const attach = { type: "lsm", expectedAttachType: "lsm_mac", attachTo: "socket_bind" };
  const link = machine.bpf.mustLoad({ ...attach, program }).attach();
  const bind = (port: number) =>
    machine.run(function* (sys) {
      const fd = (yield* sys.socket(2, 1)) as number;
      return yield* sys.bind(fd, { port });
    });
  expect([bind(80), bind(81)]).toEqual([-1, 0]);
  link.detach();
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });
  const names = bpf.asm(`
    r2 = *(u64 *)(r1 +16)              ; the dentry
    r3 = *(u64 *)(r2 +40)              ; d_name.name
    r1 = map_value[seen]+0
    r2 = 16
    call bpf_probe_read_kernel_str
    r0 = 0
    exit`);
  const entry = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "trace_fentry", attachTo: "vfs_unlink" },
    ...{ program: names, maps: { seen } },
  });
  const unlinks = entry.attach();
  shell("echo > /tmp/named; rm /tmp/named");
  expect(textOf(seen.lookup(0))).toBe("named");
  unlinks.detach();
});

test("a system call's own function is traced with what its task has called it with", () => {
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });
  const program = bpf.asm(`
    r2 = *(u64 *)(r1 +0)               ; struct pt_regs
    r3 = *(u64 *)(r2 +112)             ; di
    r4 = *(u64 *)(r1 +8)               ; the answer
    r5 = map_value[seen]+0
    *(u64 *)(r5 +0) = r3
    *(u64 *)(r5 +8) = r4
    r0 = 0
    exit`);
  const prog = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "trace_fexit", attachTo: "__x64_sys_kill" },
    ...{ program, maps: { seen } },
  });
  const link = prog.attach();
  const answer = machine.run(function* (sys) {
    return yield* sys.kill(4000, 0);
  });
  const view = new DataView(seen.lookup(0)!.buffer);
  expect([view.getUint32(0, true), view.getInt32(8, true), link.runs]).toEqual([4000, answer, 1]);
  link.detach();
});
