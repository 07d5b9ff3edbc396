import { expect, test } from "vitest";
import { BTF_KIND_STRUCT } from "../../bpf/btf/kinds.ts";
import { memberPlace } from "../../bpf/btf/member-place.ts";
import { btfVmlinux } from "../../bpf/btf/vmlinux.ts";
import { boot, bpf } from "../../index.ts";

function offsetOf(struct: string, member: string): number {
  const type = btfVmlinux().findByNameKind(struct, BTF_KIND_STRUCT);
  if (type?.kind !== BTF_KIND_STRUCT) throw new Error(`no struct ${struct}`);
  return memberPlace(btfVmlinux(), type, member)!.start;
}

const task = (member: string) => offsetOf("task_struct", member);

test("a program at execve walks to its parent, and everybody shows it the same task", () => {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 56, maxEntries: 1 });
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +0)               ; the file
    call bpf_get_current_task_btf
    r7 = r0
    r8 = *(u64 *)(r7 +${task("real_parent")})
    r9 = map_value[seen]+0
    r1 = *(u32 *)(r8 +${task("tgid")})
    *(u32 *)(r9 +0) = r1
    r1 = *(u32 *)(r7 +${task("tgid")})
    *(u32 *)(r9 +4) = r1
    *(u64 *)(r9 +8) = r7
    r1 = r9
    r1 += 16
    r2 = 16
    r3 = r8
    r3 += ${task("comm")}
    call bpf_probe_read_kernel_str
    r1 = r9
    r1 += 32
    r2 = 16
    r3 = *(u64 *)(r6 +${offsetOf("linux_binprm", "file")})
    r3 = *(u64 *)(r3 +${offsetOf("file", "f_path") + offsetOf("path", "dentry")})
    r3 = *(u64 *)(r3 +${offsetOf("dentry", "d_name") + offsetOf("qstr", "name")})
    call bpf_probe_read_kernel_str
    call bpf_get_current_task
    *(u64 *)(r9 +48) = r0
    r0 = 0
    exit`);
  const attr = {
    ...{ type: "lsm", expectedAttachType: "lsm_mac", attachTo: "bprm_check_security" },
    ...{ program: program, maps: { seen } },
  };
  machine.bpf.mustLoad({ ...attr, program }).attach();
  machine.spawn("/bin/sh", { argv: ["sh", "-c", "/bin/true; :"] });
  machine.runUntilIdle();
  const view = new DataView(seen.lookup(0)!.buffer);
  const text = (at: number) =>
    new TextDecoder().decode(new Uint8Array(view.buffer, at, 16)).replace(/\0.*$/s, "");
  expect([text(16), text(32)]).toEqual(["sh", "true"]);
  expect(view.getInt32(0, true)).toBe(view.getInt32(4, true) - 1);
  expect(view.getBigUint64(8, true)).toBe(view.getBigUint64(48, true));
  expect(view.getUint32(12, true)).toBe(0xffff_8880);
});
