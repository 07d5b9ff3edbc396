/** The tools that everybody begins with (of bcc, libbpf-tools and bpftrace), as small as they can be. */
import { expect, test } from "vitest";
import { boot, bpf } from "../index.ts";

const machine = boot({ seed: 1, disk: { model: "ssd", files: { text: "x".repeat(9000) } } });

function shell(script: string): void {
  machine.spawn("/bin/sh", { argv: ["sh", "-c", script] });
  machine.runUntilIdle();
}

const array = (valueSize: number) =>
  machine.bpf.createMap({ type: "array", keySize: 4, valueSize, maxEntries: 1 });
const hash = () =>
  machine.bpf.createMap({ type: "hash", keySize: 8, valueSize: 8, maxEntries: 256 });
const textOf = (bytes: Uint8Array | undefined) =>
  new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
const load = (type: string, text: string, maps = {}) =>
  machine.bpf.mustLoad({ type, program: bpf.asm(text), maps });

/** The tool runs on what `script` does; what it has left in its one value. */
function traced(type: string, target: string, text: string, script: string): DataView {
  const seen = array(32);
  const link = load(type, text, { seen }).attach(target);
  shell(script);
  expect(link.runs).toBeGreaterThan(0);
  link.detach();
  return new DataView(seen.lookup(0)!.buffer);
}

/** Puts `register` into the value. */
const keep = (register: string, at = 0) =>
  `
    r9 = map_value[seen]+0
    *(u64 *)(r9 +${at}) = ${register}
`;

test.each([
  // killsnoop: who is sent what.
  {
    event: "syscalls:sys_enter_kill",
    text: `r6 = *(u64 *)(r1 +24)\n${keep("r6")}\nr0 = 0\nexit`,
    script: "sleep 9 & kill -7 $!",
    found: 7,
  },
  { event: "signal:signal_generate", script: "sleep 9 & kill -9 $!; wait", off: 8, found: 17 },
  { event: "task:task_newtask", script: "/bin/true", off: 32, found: 0x4100 },
  { event: "raw_syscalls:sys_enter", script: "exit 3", off: 8 },
  { event: "block:block_rq_complete", script: "cat /mnt/text", off: 16 },
  { event: "sched:sched_waking", script: "sleep 1", off: 24 },
  { event: "kmem:mm_page_alloc", script: "true", off: 16, found: 0 },
])("$event", ({ event, script, found, off = 0, text }) => {
  const size = event.startsWith("raw") || event.endsWith("complete") || off === 32 ? "u64" : "u32";
  const own = `r6 = *(${size} *)(r1 +${off})\n${keep("r6")}\nr0 = 0\nexit`;
  const view = traced("tracepoint", event, text ?? own, script);
  if (found !== undefined) expect(Number(view.getBigInt64(0, true))).toBe(found);
});

test("execsnoop: the name of each program", () => {
  const text = `
    r3 = *(u32 *)(r1 +8)
    r3 &= 0xffff
    r3 += r1
    r1 = map_value[seen]+0
    r2 = 32
    call bpf_probe_read_kernel_str
    r0 = 0
    exit`;
  const view = traced("tracepoint", "sched:sched_process_exec", text, "/bin/true");
  expect(textOf(new Uint8Array(view.buffer))).toBe("/bin/true");
});

/** Puts the time into `starts` by the key at r10 - 8, or takes it out and adds the difference to the value. */
const begin = `
    call bpf_ktime_get_ns
    *(u64 *)(r10 -16) = r0
    r1 = map[starts]
    r2 = r10
    r2 += -8
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    r0 = 0
    exit`;
const end = `
    call bpf_ktime_get_ns
    r7 = r0
    r1 = map[starts]
    r2 = r10
    r2 += -8
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r6 = *(u64 *)(r0 +0)
    r7 -= r6
    ${keep("r7")}
  out:
    r0 = 0
    exit`;

test.each([
  // runqlat and biolatency: how long it takes from one event to the other.
  {
    events: ["sched:sched_wakeup", "sched:sched_switch"],
    keys: ["r6 = *(u32 *)(r1 +24)", "r6 = *(u32 *)(r1 +56)"],
    script: "sleep 1 & sleep 1 & wait",
  },
  {
    events: ["block:block_rq_issue", "block:block_rq_complete"],
    keys: ["r6 = *(u64 *)(r1 +16)", "r6 = *(u64 *)(r1 +16)"],
    script: "cat /mnt /mnt/text; echo x > /mnt/new; sync",
  },
])("from $events.0 to $events.1", ({ events, keys, script }) => {
  const starts = hash();
  const seen = array(8);
  const links = [begin, end].map((text, i) =>
    load("tracepoint", `${keys[i]}\n*(u64 *)(r10 -8) = r6\n${text}`, { starts, seen }).attach(
      events[i]!,
    ),
  );
  shell(script);
  for (const link of links) link.detach();
  expect(Number(seen.lookupUint(0))).toBeGreaterThan(0);
});

test("vfsstat: one program counts by its cookie", () => {
  const counts = hash();
  const program = `
    call bpf_get_attach_cookie
    *(u64 *)(r10 -8) = r0
    r1 = 1
    *(u64 *)(r10 -16) = r1
    r1 = map[counts]
    r2 = r10
    r2 += -8
    call bpf_map_lookup_elem
    if r0 == 0 goto first
    r1 = 1
    lock *(u64 *)(r0 +0) += r1
    r0 = 0
    exit
  first:
    r1 = map[counts]
    r2 = r10
    r2 += -8
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    r0 = 0
    exit`;
  const prog = load("kprobe", program, { counts });
  const functions = ["do_mkdirat", "vfs_rmdir", "vfs_open", "security_inode_create", "vfs_unlink"];
  const links = functions.map((func, cookie) => prog.attach(func, { cookie }));
  links.push(prog.attach("vfs_open", { isReturn: true, cookie: 9 }));
  shell("mkdir /tmp/d; rmdir /tmp/d; echo > /tmp/f; cat /tmp/f; rm /tmp/f");
  const key = (cookie: number) => new Uint8Array(BigUint64Array.of(BigInt(cookie)).buffer);
  const count = (cookie: number) =>
    Number(new DataView(counts.lookup(key(cookie))!.buffer).getBigUint64(0, true));
  expect([0, 1, 3, 4].map(count)).toEqual([1, 1, 1, 1]);
  expect(count(2)).toBe(count(9));
  for (const link of links) link.detach();
});

test("tcpconnect and tcpaccept: both ends of a connection", () => {
  const seen = array(16);
  const ports = (at: number, where: number) => `
    r3 = *(u64 *)(r1 +${where})
    r3 += 12                           ; skc_dport, skc_num
    r1 = r10
    r1 += -8
    r2 = 4
    call bpf_probe_read_kernel
    r6 = *(u32 *)(r10 -8)
    ${keep("r6", at)}
    r0 = 0
    exit`;
  const links = [
    load("kprobe", ports(0, 112), { seen }).attach("tcp_connect"),
    load("kprobe", ports(8, 80), { seen }).attach("inet_csk_accept", { isReturn: true }),
  ];
  machine.run(function* (sys) {
    const listener = (yield* sys.socket(2, 1)) as number;
    yield* sys.bind(listener, { port: 80 });
    yield* sys.listen(listener, 1);
    const client = (yield* sys.socket(2, 1)) as number;
    yield* sys.call(
      "connect",
      client,
      Uint8Array.of(2, 0, 0, 80, 127, 0, 0, 1, ...new Array(8).fill(0)),
      16,
    );
    return yield* sys.call("accept", listener, 0, 0);
  });
  for (const link of links) link.detach();
  const view = new DataView(seen.lookup(0)!.buffer);
  // The port of the other end comes in the order of the network.
  expect([view.getUint16(0), view.getUint16(10, true)]).toEqual([80, 80]);
  expect(view.getUint16(8)).toBe(view.getUint16(2, true));
});

test.each([
  { hook: "path_rename", script: "echo > /tmp/a; mv /tmp/a /tmp/b; cat /tmp/a || exit 1" },
  { hook: "path_mkdir", script: "mkdir /tmp/made || exit 0; exit 1" },
  { hook: "inode_create", script: "echo > /tmp/created || exit 0; exit 1" },
  { hook: "task_kill", script: "sleep 1 & kill -9 $! || exit 0; exit 1" },
])("an LSM program refuses at $hook", ({ hook, script }) => {
  const program = bpf.asm("r0 = -1; exit");
  const attach = { type: "lsm", expectedAttachType: "lsm_mac", attachTo: hook };
  const link = machine.bpf.mustLoad({ ...attach, program }).attach();
  const task = machine.spawn("/bin/sh", { argv: ["sh", "-c", script] });
  machine.runUntilIdle();
  expect(link.runs).toBeGreaterThan(0);
  link.detach();
  expect(task.exited).toBe(0);
});
