import { expect, test } from "vitest";
import { boot, bpf } from "../index.ts";

const BPF_F_SLEEPABLE = 1 << 4;
const OPENAT = "__x64_sys_openat";

/** A machine with an array for what programs have to say. */
function seeing(source: string) {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });
  const probe = machine.bpf.mustLoad({ type: "kprobe", program: bpf.asm(source), maps: { seen } });
  const link = probe.attach(OPENAT);
  const child = machine.spawn("/bin/cat", { argv: ["cat", "/etc/hostname"] });
  machine.runUntilIdle();
  link.detach();
  const view = new DataView(seen.lookup(0)!.buffer);
  const words = [view.getBigInt64(0, true), view.getBigInt64(8, true)];
  return { child, words, runs: link.runs };
}

test("a program kills the task that calls the kernel", () => {
  const { child, runs } = seeing("r1 = 9; call bpf_send_signal; r0 = 0; exit");
  expect(runs).toBe(1);
  expect(child.signaled).toBe(9);
});

test("the kernel's stack is the function behind the call", () => {
  const { words } = seeing(`
    r6 = r1
    r2 = map_value[seen]+0
    r3 = 8
    r4 = 0
    call bpf_get_stack
    r7 = r0
    r1 = r6
    call bpf_get_func_ip
    r1 = map_value[seen]+0
    r2 = *(u64 *)(r1 +0)
    r2 -= r0
    *(u64 *)(r1 +0) = r2
    *(u64 *)(r1 +8) = r7
    r0 = 0
    exit`);
  expect(words).toEqual([0n, 8n]);
});

test("time is counted from another second than the machine's first", () => {
  const { words } = seeing(`
    call bpf_ktime_get_tai_ns
    r1 = map_value[seen]+0
    *(u64 *)(r1 +0) = r0
    r0 = 0
    exit`);
  expect(Number(words[0])).toBeGreaterThan(1e18);
});

test("a walk over all processes comes to each of the machine's", () => {
  const machine = boot({ seed: 1 });
  machine.spawn("/bin/sh", { argv: ["sh", "-c", "sleep 9"] });
  machine.runFor(1e8);
  const program = bpf.asm(`
    call bpf_rcu_read_lock
    r1 = r10
    r1 += -24
    r2 = 0
    r3 = 0
    call bpf_iter_task_new
    r6 = 0
  loop:
    r1 = r10
    r1 += -24
    call bpf_iter_task_next
    if r0 == 0 goto done
    r6 += 1
    goto loop
  done:
    r1 = r10
    r1 += -24
    call bpf_iter_task_destroy
    call bpf_rcu_read_unlock
    r0 = r6
    exit`);
  const prog = machine.bpf.mustLoad({ type: "syscall", program, flags: BPF_F_SLEEPABLE });
  // And the idle task, which /proc does not show.
  expect(prog.run({ ctxIn: new Uint8Array(8) }).retval).toBe(machine.processes().length + 1);
});

test("the caches of the kernel's heap are walked over, and an address of the heap leads to its own", () => {
  const machine = boot({ seed: 1 });
  machine.run(function* (sys) {
    return yield* sys.getpid();
  });
  const walk = bpf.asm(`
    r6 = 0
    r7 = 0
    r1 = r10
    r1 += -8
    call bpf_iter_kmem_cache_new
  loop:
    r1 = r10
    r1 += -8
    call bpf_iter_kmem_cache_next
    if r0 == 0 goto done
    r6 += 1
    r7 = *(u32 *)(r0 +36)              ; object_size
    goto loop
  done:
    r1 = r10
    r1 += -8
    call bpf_iter_kmem_cache_destroy
    r0 = r7
    r0 <<= 8
    r0 += r6
    exit`);
  const prog = machine.bpf.mustLoad({ type: "syscall", program: walk, flags: BPF_F_SLEEPABLE });
  // kmalloc-8 to kmalloc-8k.
  expect(prog.run({ ctxIn: new Uint8Array(8) }).retval).toBe((8192 << 8) | 13);
});
