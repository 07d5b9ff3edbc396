import { expect, test } from "vitest";
import { kernelStruct } from "../bpf/kfuncs/kernel-struct.ts";
import { boot, bpf, type Machine } from "../index.ts";

const OPENAT = "__x64_sys_openat";

/** What a shell command prints that is run by a user. */
function shell(machine: Machine, uid: number, script: string): string {
  const user = machine.spawn(function* (sys) {
    yield* sys.call("setresuid", uid, uid, uid);
    return yield* sys.execve("/bin/sh", ["sh", "-c", script], {});
  });
  machine.runFor(1e9);
  return user.output;
}

const symbols = (machine: Machine) => machine.readFile("/proc/kallsyms")!.trimEnd().split("\n");
const lineOf = (machine: Machine, name: string) =>
  symbols(machine).find((line) => line.split(/[ \t]/)[2] === name);

test("functions have the addresses that programs see, each name once and in their order", () => {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 128, maxEntries: 1 });
  const format = machine.bpf.createMap({
    ...{ type: "array", keySize: 4, valueSize: 32, maxEntries: 1, flags: 128 },
  });
  format.update(0, new TextEncoder().encode("%px %pS %ps %pB".padEnd(32, "\0")));
  format.freeze();
  const program = bpf.asm(`
    call bpf_get_func_ip
    *(u64 *)(r10 -32) = r0
    r0 += 4
    *(u64 *)(r10 -24) = r0
    *(u64 *)(r10 -16) = r0
    *(u64 *)(r10 -8) = r0
    r1 = map_value[seen]+0
    r2 = 128
    r3 = map_value[format]+0
    r4 = r10
    r4 += -32
    r5 = 32
    call bpf_snprintf
    r0 = 0
    exit`);
  const link = machine.bpf.mustLoad({ type: "kprobe", program, maps: { seen, format } });
  link.attach(OPENAT);
  machine.readFile("/etc/hostname");
  shell(machine, 0, "cat /etc/hostname");
  const text = new TextDecoder().decode(seen.lookup(0)).replace(/\0.*$/s, "");
  const all = symbols(machine).filter((line) => !line.endsWith("[bpf]"));
  const at = all.findIndex((line) => line.endsWith(` T ${OPENAT}`));
  const [address, next] = [at, at + 1].map((i) => BigInt(`0x${all[i]!.slice(0, 16)}`));
  const size = (next! - address!).toString(16);
  expect(text).toBe(
    `${address!.toString(16)} ${OPENAT}+0x4/0x${size} ${OPENAT} ${OPENAT}+0x4/0x${size}`,
  );
  expect(all).toEqual([...all].sort());
  expect(new Set(all.map((line) => line.slice(19))).size).toBe(all.length);
  expect(lineOf(machine, "do_sys_openat2")).toMatch(/^ffffffff8\w{7} t /);
  expect(lineOf(machine, "bpf_task_acquire")).toMatch(/^ffffffff8\w{7} T /);
});

test("who may not see addresses reads zeros, as settings and capabilities have it", () => {
  const machine = boot({ seed: 1 });
  const first = "head -n 1 /proc/kallsyms | cut -c 1-16";
  const set = (setting: string, value: number) =>
    shell(machine, 0, `echo ${value} > /proc/sys/kernel/${setting}`);
  const [shown, hidden] = [/^f{8}8\w{7}\n$/, `${"0".repeat(16)}\n`];
  expect(shell(machine, 0, first)).toMatch(shown);
  expect(shell(machine, 1000, first)).toBe(hidden);
  set("perf_event_paranoid", 1);
  expect(shell(machine, 1000, first)).toMatch(shown);
  set("kptr_restrict", 1);
  expect(shell(machine, 1000, first)).toBe(hidden);
  expect(shell(machine, 0, first)).toMatch(shown);
  set("kptr_restrict", 2);
  expect(shell(machine, 0, first)).toBe(hidden);
});

test("programs, their functions and what calls them have names as long as they are there", () => {
  const machine = boot({ seed: 1 });
  const mine = () =>
    symbols(machine)
      .filter((line) => line.endsWith("\t[bpf]"))
      .map((line) => line.slice(0, -6).split(" "));
  const program = bpf.asm("call sub; r0 = 0; exit; sub: r0 = 7; exit");
  const prog = machine.bpf.mustLoad({
    ...{ type: "tracing", expectedAttachType: "trace_fentry", attachTo: "vfs_read" },
    ...{ program, name: "mine" },
  });
  const link = prog.attach();
  const [sub, main, trampoline] = mine();
  expect(mine()).toHaveLength(3);
  expect(sub![2]).toMatch(/^bpf_prog_[0-9a-f]{16}_mine$/);
  expect(main![2]).toMatch(/^bpf_prog_[0-9a-f]{16}_mine$/);
  expect(trampoline![2]).toMatch(/^bpf_trampoline_\d+$/);
  expect(new Set([sub, main, trampoline].map((each) => each!.slice(0, 2).join()))).toHaveLength(3);
  expect(sub!.slice(0, 2).join(" ")).toMatch(/^ffffffffc\w{7} t$/);
  shell(machine, 0, "echo 0 > /proc/sys/net/core/bpf_jit_kallsyms");
  expect(mine()).toEqual([]);
  shell(machine, 0, "echo 1 > /proc/sys/net/core/bpf_jit_kallsyms");
  link.detach();
  expect(mine()).toEqual([sub, main]);
  prog.close();
  expect(mine()).toEqual([]);
});

test("an iterator goes over the same symbols", () => {
  const machine = boot({ seed: 1 });
  const { offsets } = kernelStruct("kallsym_iter", ["value", "type", "name"])();
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +0)
    r6 = *(u64 *)(r6 +0)               ; meta->seq
    r7 = *(u64 *)(r1 +8)
    if r7 == 0 goto out
    r1 = *(u64 *)(r7 +${offsets.value})
    *(u64 *)(r10 -40) = r1
    r1 = *(u8 *)(r7 +${offsets.type})
    *(u64 *)(r10 -32) = r1
    r7 += ${offsets.name}
    *(u64 *)(r10 -24) = r7
    r1 = 0x2520632520786c25 ll         ; "%lx %c %"
    *(u64 *)(r10 -16) = r1
    *(u64 *)(r10 -8) = 0x0a73          ; "s\\n"
    r1 = r6
    r2 = r10
    r2 += -16
    r3 = 11
    r4 = r10
    r4 += -40
    r5 = 24
    call bpf_seq_printf
  out:
    r0 = 0
    exit`);
  const link = machine.bpf
    .mustLoad({
      ...{ type: "tracing", expectedAttachType: "trace_iter", attachTo: "ksym" },
      ...{ program, name: "symbols" },
    })
    .attach();
  const expected = symbols(machine).map((line) => line.replace("\t[bpf]", ""));
  expect(link.read().trimEnd().split("\n")).toEqual(expected);
});
