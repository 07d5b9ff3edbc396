import { expect, test } from "vitest";
import { BTF_KIND_STRUCT } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { boot, bpf } from "../index.ts";

test("a program behind a function asks for its arguments and its answer, by number", () => {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 40, maxEntries: 1 });
  const program = bpf.asm(`
    r6 = r1
    r7 = map_value[seen]+0
    r2 = 1
    r3 = r7
    call bpf_get_func_arg              ; the second of two
    *(u32 *)(r7 +24) = r0
    r1 = r6
    r2 = 2
    r3 = r7
    r3 += 8
    call bpf_get_func_arg              ; there is no third
    *(u32 *)(r7 +28) = r0
    r1 = r6
    r2 = r7
    r2 += 16
    call bpf_get_func_ret
    *(u32 *)(r7 +32) = r0
    r0 = 0
    exit`);
  const load = (expectedAttachType: string) =>
    machine.bpf.mustLoad({
      ...{ type: "tracing", expectedAttachType, attachTo: "bpf_fentry_test2", program },
      maps: { seen },
    });
  const answers = (expectedAttachType: string) => {
    const prog = load(expectedAttachType);
    const link = prog.attach();
    expect(prog.run().retval).toBe(0);
    link.detach();
    const view = new DataView(seen.lookup(0)!.buffer);
    return [0, 8, 16, 24, 28, 32].map((at) => view.getInt32(at, true));
  };
  // It adds 2 and 3.
  expect(answers("trace_fexit")).toEqual([3, 0, 5, 0, -22, 0]);
  expect(answers("trace_fentry")).toEqual([3, 0, 5, 0, -22, -95]);
});

test("an iterator prints what its objects are", () => {
  const machine = boot({ seed: 1 });
  machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 40, maxEntries: 3 });
  const struct = btfVmlinux().findByNameKind("bpf_map", BTF_KIND_STRUCT)!.id;
  const program = bpf.asm(`
    r2 = *(u64 *)(r1 +8)               ; the map
    r1 = *(u64 *)(r1 +0)
    r1 = *(u64 *)(r1 +0)               ; meta->seq
    if r2 == 0 goto out
    *(u64 *)(r10 -16) = r2
    r2 = ${struct}
    *(u64 *)(r10 -8) = r2              ; the type, no flags
    r2 = r10
    r2 += -16
    r3 = 16
    r4 = 1                             ; BTF_F_COMPACT
    call bpf_seq_printf_btf
  out:
    r0 = 0
    exit`);
  const attr = { type: "tracing", expectedAttachType: "trace_iter", attachTo: "bpf_map" } as const;
  const text = machine.bpf
    .mustLoad({ ...attr, program })
    .attach()
    .read();
  expect(text).toContain(".key_size = (u32)4,.value_size = (u32)40,.max_entries = (u32)3,");
});
