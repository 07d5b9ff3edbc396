import { expect, test } from "vitest";
import { kernelStruct } from "../../bpf/kfuncs/kernel-struct.ts";
import { boot, bpf } from "../../index.ts";

const BTF_WORD = "u64";

/** Instructions that go from one structure to the next, from the one in r7 on; what the last member holds is in r8. */
function walk(size: string, ...path: readonly (readonly [struct: string, member: string])[]) {
  return path
    .map(([struct, member], i) => {
      const { offsets } = kernelStruct(struct, [member])();
      const width = i === path.length - 1 ? size : BTF_WORD;
      return `r8 = *(${width} *)(${i === 0 ? "r7" : "r8"} +${offsets[member]})`;
    })
    .join("\n");
}

const offset = (struct: string, member: string) =>
  kernelStruct(struct, [member])().offsets[member]!;

test("a tool that knows containers finds the namespaces, the group and the number of a task", () => {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 64, maxEntries: 1 });
  const inum = offset("ns_common", "inum");
  const namespace = (member: string, struct: string, at: number) => `
    ${walk(BTF_WORD, ["task_struct", "nsproxy"], ["nsproxy", member])}
    r8 = *(u32 *)(r8 +${offset(struct, "ns") + inum})
    *(u64 *)(r9 +${at}) = r8`;
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +0)
    call bpf_get_current_task_btf
    r7 = r0
    r9 = map_value[seen]+0
    ${namespace("pid_ns_for_children", "pid_namespace", 0)}
    ${namespace("uts_ns", "uts_namespace", 8)}
    ${namespace("net_ns", "net", 16)}
    ${walk(BTF_WORD, ["task_struct", "thread_pid"], ["pid", "tasks"])}
    r8 -= ${offset("task_struct", "pid_links")}
    r1 = 0
    if r8 != r7 goto other
    r1 = 1
  other:
    *(u64 *)(r9 +24) = r1
    ${walk(BTF_WORD, ["task_struct", "cgroups"], ["css_set", "dfl_cgrp"], ["cgroup", "kn"], ["kernfs_node", "id"])}
    *(u64 *)(r9 +32) = r8
    ${walk(BTF_WORD, ["task_struct", "cgroups"], ["css_set", "dfl_cgrp"], ["cgroup", "kn"], ["kernfs_node", "name"])}
    r1 = r10
    r1 += -16
    r2 = 16
    r3 = r8
    call bpf_probe_read_kernel_str
    *(u64 *)(r9 +40) = r0
    r7 = r6
    ${walk(BTF_WORD, ["file", "f_inode"], ["inode", "i_sb"])}
    r8 += ${offset("super_block", "s_id")}
    r1 = r9
    r1 += 48
    r2 = 16
    r3 = r8
    call bpf_probe_read_kernel_str
    r0 = 0
    exit`);
  const attr = { type: "lsm", expectedAttachType: "lsm_mac", attachTo: "file_open" } as const;
  const link = machine.bpf.mustLoad({ ...attr, program, maps: { seen } }).attach();
  machine.run(function* (sys) {
    return yield* sys.open("/proc/version", 0);
  });
  link.detach();
  const links = machine.run(function* (sys) {
    const names: string[] = [];
    for (const kind of ["pid", "uts", "net"]) {
      names.push(String(yield* sys.readlink(`/proc/self/ns/${kind}`)));
    }
    return names;
  }) as string[];
  const view = new DataView(seen.lookup(0)!.buffer);
  const words = [0, 8, 16, 24, 32, 40].map((at) => Number(view.getBigUint64(at, true)));
  const numbers = links.map((name) => Number(/\[(\d+)\]/.exec(name)![1]));
  expect(words).toEqual([...numbers, 1, 1, 1]);
  expect(new TextDecoder().decode(seen.lookup(0)!.subarray(48, 53))).toBe("proc\0");
});

test("a tool that follows connections reads what TCP keeps of them", () => {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({
    type: "ringbuf",
    keySize: 0,
    valueSize: 0,
    maxEntries: 4096,
  });
  const member = (name: string, from: string) => `
    r1 = r10
    r1 += -8
    r2 = 4
    r3 = r6
    r3 += ${offset(from, name)}
    call bpf_probe_read_kernel
    r1 = *(u32 *)(r10 -8)`;
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +112)             ; di: the socket
    r7 = *(u64 *)(r1 +104)             ; si: the new state
    r1 = map[seen]
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r9 = r0
    *(u32 *)(r9 +0) = r7
    ${member("mss_cache", "tcp_sock")}
    *(u32 *)(r9 +4) = r1
    ${member("snd_cwnd", "tcp_sock")}
    *(u32 *)(r9 +8) = r1
    ${member("sk_protocol", "sock")}
    *(u32 *)(r9 +12) = r1
    r1 = r9
    r2 = 0
    call bpf_ringbuf_submit
  out:
    r0 = 0
    exit`);
  machine.bpf.mustLoad({ type: "kprobe", program, maps: { seen } }).attach("tcp_set_state");
  machine.run(function* (sys) {
    const server = (yield* sys.socket(2, 1)) as number;
    yield* sys.bind(server, { port: 8080 });
    yield* sys.listen(server);
    const client = (yield* sys.socket(2, 1)) as number;
    yield* sys.call(
      "connect",
      client,
      Uint8Array.of(2, 0, 0x1f, 0x90, 127, 0, 0, 1, ...new Uint8Array(8)),
      16,
    );
    return 0;
  });
  const records = seen.consume().map((bytes) => [...new Uint32Array(bytes.slice().buffer)]);
  const [TCP_ESTABLISHED, TCP_SYN_SENT, IPPROTO_TCP] = [1, 2, 6];
  const established = records.find(([state]) => state === TCP_ESTABLISHED);
  expect(records.map(([state]) => state)).toContain(TCP_SYN_SENT);
  expect(established![1]).toBeGreaterThan(1000);
  expect(established![2]).toBe(10);
  expect(established![3]! & 0xffff).toBe(IPPROTO_TCP);
});
