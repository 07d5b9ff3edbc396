import { expect, test } from "vitest";
import { boot, bpf } from "../../index.ts";

const machine = boot();
const maps = {
  counts: machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 }),
  one: machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 }),
  arr: machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 4 }),
  rdonly: machine.bpf.createMap({
    type: "hash",
    keySize: 4,
    valueSize: 8,
    maxEntries: 4,
    flags: 1 << 7,
  }),
  wronly: machine.bpf.createMap({
    type: "hash",
    keySize: 4,
    valueSize: 8,
    maxEntries: 4,
    flags: 1 << 8,
  }),
};

/** Answered by Linux 6.18 with two CPUs. "" for a program that was accepted. */
test.each([
  ["a number that is no helper", "xdp", "call 212; exit", "invalid func unknown#212"],
  ["helper 0", "xdp", "call 0; exit", "program of this type cannot use helper bpf_unspec#0"],
  [
    "a helper of another type",
    "xdp",
    "call bpf_skb_load_bytes; exit",
    "program of this type cannot use helper bpf_skb_load_bytes#26",
  ],
  [
    "a number as a map",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[counts]; r2 = r10; r2 += -8; r1 = 7; call bpf_map_lookup_elem; r0 = 0; exit",
    "R1 type=scalar expected=map_ptr",
  ],
  [
    "a map's value as a map",
    "xdp",
    "r1 = map_value[one]+0; r2 = r10; r2 += -8; call bpf_map_lookup_elem; r0 = 0; exit",
    "R1 type=map_value expected=map_ptr",
  ],
  [
    "a number as a key",
    "xdp",
    "r1 = map[counts]; r2 = 7; call bpf_map_lookup_elem; r0 = 0; exit",
    "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_",
  ],
  [
    "the context as a key",
    "xdp",
    "r2 = r1; r1 = map[counts]; call bpf_map_lookup_elem; r0 = 0; exit",
    "R2 type=ctx expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_",
  ],
  [
    "a key beyond the stack",
    "xdp",
    "r1 = map[counts]; r2 = r10; r2 += -2; call bpf_map_lookup_elem; r0 = 0; exit",
    "invalid read from stack R2 off=-2 size=4",
  ],
  [
    "a key below the stack",
    "xdp",
    "r1 = map[counts]; r2 = r10; r2 += -516; call bpf_map_lookup_elem; r0 = 0; exit",
    "invalid read from stack R2 off=-516 size=4",
  ],
  [
    "a key at one of two places",
    "xdp",
    "call bpf_get_prandom_u32; r2 = r0; r2 &= 8; r3 = r10; r3 += -16; r2 += r3; r1 = map[counts]; call bpf_map_lookup_elem; r0 = 0; exit",
    "",
  ],
  [
    "a key in a packet of unknown length",
    "xdp",
    "r6 = *(u32 *)(r1 +0); r1 = map[counts]; r2 = r6; call bpf_map_lookup_elem; r0 = 0; exit",
    "R2 offset is outside of the packet",
  ],
  [
    "a key in a packet",
    "xdp",
    "r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = map[counts]; r2 = r6; call bpf_map_lookup_elem; r0 = 0; out: r0 = 0; exit",
    "",
  ],
  [
    "a key in a map's value",
    "xdp",
    "r1 = map[counts]; r2 = map_value[one]+12; call bpf_map_lookup_elem; r0 = 0; exit",
    "",
  ],
  [
    "a key behind a map's value",
    "xdp",
    "r1 = map[counts]; r2 = map_value[one]+14; call bpf_map_lookup_elem; r0 = 0; exit",
    "R2 min value is outside of the allowed memory range",
  ],
  [
    "a key that may be null",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[counts]; r2 = r10; r2 += -8; call bpf_map_lookup_elem; r1 = map[counts]; r2 = r0; call bpf_map_lookup_elem; r0 = 0; exit",
    "R2 type=map_value_or_null expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_",
  ],
  [
    "no value",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[counts]; r2 = r10; r2 += -8; call bpf_map_update_elem; r0 = 0; exit",
    "R3 !read_ok",
  ],
  [
    "a value beyond the stack",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[counts]; r2 = r10; r2 += -8; r3 = r10; r3 += -4; r4 = 0; call bpf_map_update_elem; r0 = 0; exit",
    "invalid read from stack R3 off=-4 size=8",
  ],
  [
    "no flags",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[counts]; r2 = r10; r2 += -8; r3 = r2; call bpf_map_update_elem; r0 = 0; exit",
    "R4 !read_ok",
  ],
  [
    "an update of a map that programs only read",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[rdonly]; r2 = r10; r2 += -8; r3 = r2; r4 = 0; call bpf_map_update_elem; r0 = 0; exit",
    "write into map forbidden",
  ],
  [
    "a key in a map that programs only write",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = map[wronly]; r2 = r10; r2 += -8; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = map[counts]; r2 = r0; call bpf_map_lookup_elem; out: r0 = 0; exit",
    "read from map forbidden, value_size=8 off=0 size=4",
  ],
  [
    "a buffer in a map that programs only read",
    "socket_filter",
    "r6 = r1; *(u64 *)(r10 -8) = 0; r1 = map[rdonly]; r2 = r10; r2 += -8; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = r6; r2 = 0; r3 = r0; r4 = 8; call bpf_skb_load_bytes; out: r0 = 0; exit",
    "write into map forbidden, value_size=8 off=0 size=8",
  ],
  [
    "a size that may be negative",
    "socket_filter",
    "r6 = r1; call bpf_get_prandom_u32; r4 = r0; r4 <<= 32; r4 s>>= 32; r1 = r6; r2 = 0; r3 = r10; r3 += -64; call bpf_skb_load_bytes; r0 = 0; exit",
    "R4 min value is negative, either use unsigned or 'var &= const'",
  ],
  [
    "a size that may be 0",
    "socket_filter",
    "r6 = r1; call bpf_get_prandom_u32; r4 = r0; r4 &= 63; r1 = r6; r2 = 0; r3 = r10; r3 += -64; call bpf_skb_load_bytes; r0 = 0; exit",
    "R4 invalid zero-sized read: u64=[0,63]",
  ],
  [
    "size 0",
    "socket_filter",
    "r2 = 0; r3 = r10; r3 += -64; r4 = 0; call bpf_skb_load_bytes; r0 = 0; exit",
    "R4 invalid zero-sized read: u64=[0,0]",
  ],
  [
    "a size without bound",
    "socket_filter",
    "r6 = r1; call bpf_get_prandom_u32; r4 = r0; r4 += 1; r1 = r6; r2 = 0; r3 = r10; r3 += -64; call bpf_skb_load_bytes; r0 = 0; exit",
    "R4 min value is negative, either use unsigned or 'var &= const'",
  ],
  [
    "a size above the buffer's",
    "socket_filter",
    "r2 = 0; r3 = r10; r3 += -64; r4 = 65; call bpf_skb_load_bytes; r0 = 0; exit",
    "invalid write to stack R3 off=-64 size=65",
  ],
  [
    "a pointer as a size",
    "socket_filter",
    "r2 = 0; r3 = r10; r3 += -64; r4 = r10; call bpf_skb_load_bytes; r0 = 0; exit",
    "R4 type=fp expected=scalar",
  ],
  [
    "the context as a buffer",
    "socket_filter",
    "r2 = 0; r3 = r1; r4 = 8; call bpf_skb_load_bytes; r0 = 0; exit",
    "R3 type=ctx expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_",
  ],
  [
    "a context that was moved",
    "socket_filter",
    "r1 += 4; r2 = 0; r3 = r10; r3 += -8; r4 = 8; call bpf_skb_load_bytes; r0 = 0; exit",
    "dereference of modified ctx ptr R1 off=4 disallowed",
  ],
  [
    "the stack as a context",
    "socket_filter",
    "r1 = r10; r2 = 0; r3 = r10; r3 += -8; r4 = 8; call bpf_skb_load_bytes; r0 = 0; exit",
    "R1 type=fp expected=ctx",
  ],
  [
    "an argument after the call",
    "xdp",
    "r6 = r1; call bpf_ktime_get_ns; r0 = r1; exit",
    "R1 !read_ok",
  ],
  [
    "a packet pointer after the packet moved",
    "xdp",
    "r9 = r1; r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; r2 = 0; call bpf_xdp_adjust_head; r0 = *(u8 *)(r6 +0); r0 = 0; out: r0 = 0; exit",
    "R6 invalid mem access 'scalar'",
  ],
  [
    "the packet's end after the packet moved",
    "xdp",
    "r9 = r1; r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; r2 = 0; call bpf_xdp_adjust_tail; r1 = 0; r1 -= r7; r0 = *(u8 *)(r7 -1); r0 = 0; out: r0 = 0; exit",
    "R7 invalid mem access 'scalar'",
  ],
  [
    "a packet pointer for a helper that takes none",
    "sched_cls",
    "r9 = r1; r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80); r8 = r6; r8 += 8; if r8 > r7 goto out; r1 = r9; r2 = 0; r3 = r6; r4 = 8; call bpf_skb_load_bytes; r0 = 0; out: r0 = 0; exit",
    "helper access to the packet is not allowed",
  ],
  [
    "null where it is allowed",
    "xdp",
    "r1 = 0; r2 = 0; r3 = r10; r3 += -8; r4 = 8; r5 = 0; call bpf_csum_diff; r0 = 0; exit",
    "",
  ],
  [
    "null with a size",
    "xdp",
    "r1 = 0; r2 = 4; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff; r0 = 0; exit",
    "R1 type=scalar expected=fp",
  ],
  [
    "a number where null is allowed",
    "xdp",
    "r1 = 5; r2 = 4; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff; r0 = 0; exit",
    "R1 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_",
  ],
  [
    "an index behind the array",
    "xdp",
    "*(u32 *)(r10 -4) = 4; r1 = map[arr]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r0 = *(u64 *)(r0 +0); exit",
    "R0 invalid mem access 'map_value_or_null'",
  ],
  [
    "the CPU's number as an index",
    "xdp",
    "call bpf_get_smp_processor_id; r1 = map_value[one]+0; r0 <<= 3; r1 += r0; r0 = *(u64 *)(r1 +0); exit",
    "",
  ],
  [
    "the CPU's number as an index of too many",
    "xdp",
    "call bpf_get_smp_processor_id; r1 = map_value[one]+0; r0 <<= 4; r1 += r0; r0 = *(u64 *)(r1 +0); exit",
    "R1 max value is outside of the allowed memory range",
  ],
  [
    "an array for events",
    "xdp",
    "r2 = map[arr]; r3 = 0; r4 = r10; r4 += -8; r5 = 8; call bpf_perf_event_output; r0 = 0; exit",
    "cannot pass map_type 2 into func bpf_perf_event_output#25",
  ],
  [
    "an array of devices",
    "xdp",
    "r1 = map[arr]; r2 = 0; r3 = 0; call bpf_redirect_map; exit",
    "cannot pass map_type 2 into func bpf_redirect_map#51",
  ],
  [
    "a plain array, by CPU",
    "xdp",
    "*(u32 *)(r10 -4) = 1; r1 = map[arr]; r2 = r10; r2 += -4; r3 = 0; call bpf_map_lookup_percpu_elem; r0 = 0; exit",
    "cannot pass map_type 2 into func bpf_map_lookup_percpu_elem#195",
  ],
  [
    "an array as a queue",
    "xdp",
    "*(u64 *)(r10 -8) = 1; r1 = map[arr]; r2 = r10; r2 += -8; r3 = 0; call bpf_map_push_elem; r0 = 0; exit",
    "cannot pass map_type 2 into func bpf_map_push_elem#87",
  ],
  [
    "a result that is not aligned",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -20; call bpf_strtol; r0 = 0; exit",
    "misaligned stack access off 0+-20+0 size 8",
  ],
  [
    "a string that may change",
    "xdp",
    "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = map_value[one]+0; call bpf_strncmp; r0 = 0; exit",
    "R3 does not point to a readonly map'",
  ],
  [
    "a socket given back twice",
    "sched_cls",
    "*(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r2 = r10; r2 += -12; r3 = 12; r4 = 0; r5 = 0; call bpf_sk_lookup_tcp; if r0 == 0 goto out; r6 = r0; r1 = r0; call bpf_sk_release; r1 = r6; call bpf_sk_release; out: r0 = 0; exit",
    "R1 type=scalar expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_",
  ],
  [
    "a socket not given back",
    "sched_cls",
    "*(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r2 = r10; r2 += -12; r3 = 12; r4 = 0; r5 = 0; call bpf_sk_lookup_tcp; r0 = 0; exit",
    "BPF_EXIT instruction in main prog would lead to reference leak",
  ],
  [
    "a socket that may be null",
    "sched_cls",
    "*(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r2 = r10; r2 += -12; r3 = 12; r4 = 0; r5 = 0; call bpf_sk_lookup_tcp; r1 = r0; call bpf_sk_release; r0 = 0; exit",
    "R1 type=sock_or_null expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_",
  ],
  [
    "a field that a request has not",
    "sched_cls",
    "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; r0 = *(u32 *)(r1 +4); r0 = *(u32 *)(r1 +8); out: r0 = 0; exit",
    "R1 invalid sock_common access off=8 size=4",
  ],
  [
    "a field behind a socket",
    "sched_cls",
    "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_sk_fullsock; if r0 == 0 goto out; r1 = *(u32 *)(r0 +8); r1 = *(u32 *)(r0 +80); out: r0 = 0; exit",
    "R0 invalid sock access off=80 size=4",
  ],
  [
    "a write to a socket",
    "sched_cls",
    "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; *(u32 *)(r1 +4) = 1; out: r0 = 0; exit",
    "R1 cannot write into sock_common",
  ],
  [
    "half of a field of a TCP socket",
    "sched_cls",
    "r1 = *(u64 *)(r1 +168); if r1 == 0 goto out; call bpf_tcp_sock; if r0 == 0 goto out; r1 = *(u64 *)(r0 +80); r1 = *(u64 *)(r0 +96); out: r0 = 0; exit",
    "R0 invalid tcp_sock access off=96 size=8",
  ],
  [
    "a format beyond the stack",
    "tracepoint",
    "r1 = r10; r1 += -8; r2 = 9; call bpf_trace_printk; r0 = 0; exit",
    "invalid read from stack R1 off=-8 size=9",
  ],
  [
    "a name beyond the stack",
    "tracepoint",
    "r1 = r10; r1 += -16; r2 = 17; call bpf_get_current_comm; r0 = 0; exit",
    "invalid write to stack R1 off=-16 size=17",
  ],
  [
    "a length that may be an error",
    "tracepoint",
    "r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel_str; r1 = map_value[one]+0; r1 += r0; r0 = *(u8 *)(r1 +0); exit",
    "R1 min value is negative, either use unsigned index or do a if (index >=0) check.",
  ],
  [
    "a length that is none",
    "tracepoint",
    "r1 = r10; r1 += -16; r2 = 15; r3 = 0; call bpf_probe_read_kernel_str; if r0 s< 0 goto out; r1 = map_value[one]+0; r1 += r0; r0 = *(u8 *)(r1 +0); out: r0 = 0; exit",
    "",
  ],
  [
    "a spilled pointer that the helper wrote over",
    "socket_filter",
    "r2 = 0; r3 = r10; r3 += -8; r4 = 8; *(u64 *)(r10 -8) = r10; call bpf_skb_load_bytes; r0 = *(u64 *)(r10 -8); r0 = *(u8 *)(r0 +0); exit",
    "R0 invalid mem access 'scalar'",
  ],
  [
    "an index of the array",
    "xdp",
    "*(u32 *)(r10 -8) = 3; r1 = map[arr]; r2 = r10; r2 += -8; call bpf_map_lookup_elem; r0 = *(u64 *)(r0 +0); exit",
    "",
  ],
  [
    "an index beyond the array",
    "xdp",
    "*(u32 *)(r10 -8) = 4; r1 = map[arr]; r2 = r10; r2 += -8; call bpf_map_lookup_elem; r0 = *(u64 *)(r0 +0); exit",
    "R0 invalid mem access 'map_value_or_null'",
  ],
  [
    "user memory, where nothing may sleep",
    "xdp",
    "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit",
    "helper call might sleep in a non-sleepable prog",
  ],
  [
    "a context that is no function",
    "tracepoint",
    "call bpf_get_func_ip; r0 = 0; exit",
    "func bpf_get_func_ip#173 not supported for program type 5",
  ],
  [
    "an array of programs",
    "xdp",
    "r2 = map[arr]; r3 = 0; call bpf_tail_call; r0 = 0; exit",
    "expected prog array map for tail call",
  ],
])("a helper is given %s", (_what, type, text, error) => {
  const report = machine.bpf.verify({ type, program: bpf.asm(text), maps });
  expect(report.error).toBe(error);
  expect(report.ok).toBe(error === "");
});

test("a helper for GPL programs is refused to others", () => {
  const program = bpf.asm("call bpf_get_current_task; r0 = 0; exit");
  const refused = (license: string) =>
    machine.bpf.verify({ type: "tracepoint", program, license }).error;
  expect(refused("GPL")).toBe("");
  expect(refused("Dual MIT/GPL")).toBe("");
  expect(refused("GPLv2")).toBe(
    "cannot call GPL-restricted function from non-GPL compatible program",
  );
});

test("the CPU's number is below the number of CPUs", () => {
  const program = bpf.asm("call bpf_get_smp_processor_id; exit");
  const report = boot({ cpus: 5 }).bpf.verify({ type: "xdp", program });
  expect(report.steps[0]?.after["R0"]?.text).toBe(
    "scalar(smin=smin32=0,smax=umax=smax32=umax32=4,var_off=(0x0; 0x7))",
  );
});
