import { expect, test } from "vitest";
import { kernelStruct } from "../bpf/kfuncs/kernel-struct.ts";
import { EACCES, ENODATA, EPERM } from "../include/errno.ts";
import { boot, bpf, type Program } from "../index.ts";

const BPF_F_SLEEPABLE = 1 << 4;
const file = kernelStruct("file", ["f_path"])().offsets;

type Machine = ReturnType<typeof boot>;

/** Attaches a program that may sleep to a hook of the security modules. */
function attach({ bpf }: Machine, attachTo: string, program: Program, maps: object) {
  const attr = { type: "lsm", expectedAttachType: "lsm_mac", flags: BPF_F_SLEEPABLE } as const;
  return bpf.mustLoad({ ...attr, attachTo, program, maps: { ...maps } }).attach();
}

function machineWith(valueSize: number) {
  const machine = boot({ seed: 1 });
  const seen = machine.bpf.createMap({ type: "array", keySize: 4, valueSize, maxEntries: 1 });
  const shell = (script: string) => {
    machine.spawn("/bin/sh", { argv: ["sh", "-c", script] });
    machine.runUntilIdle();
  };
  return { machine, seen, shell };
}

/** A map with a text that programs cannot change. */
function textIn({ bpf }: Machine, text: string) {
  const map = bpf.createMap({
    type: "array",
    keySize: 4,
    valueSize: 32,
    maxEntries: 1,
    flags: 128,
  });
  map.update(0, new TextEncoder().encode(text.padEnd(32, "\0")));
  map.freeze();
  return map;
}

const textAt = (bytes: Uint8Array | undefined, at: number) =>
  new TextDecoder().decode(bytes?.subarray(at)).replace(/\0.*$/s, "");

test("a program names the file that is opened, and the one that opens it", () => {
  const { machine, seen, shell } = machineWith(136);
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +0)               ; the file
    r9 = map_value[seen]+0
    r1 = r6
    r1 += ${file.f_path}
    r2 = r9
    r3 = 64
    call bpf_d_path
    *(u32 *)(r9 +128) = r0
    r1 = r6
    r1 += ${file.f_path}
    r2 = r10
    r2 += -8
    *(u64 *)(r10 -8) = 0
    r3 = 8
    call bpf_path_d_path
    *(u32 *)(r9 +132) = r0             ; that is too long
    call bpf_get_current_task_btf
    r1 = r0
    call bpf_get_task_exe_file
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    r1 += ${file.f_path}
    r2 = r9
    r2 += 64
    r3 = 64
    call bpf_path_d_path
    r1 = r6
    call bpf_put_file
  out:
    r0 = 0
    exit`);
  const link = attach(machine, "file_open", program, { seen });
  shell("cat /etc/hostname");
  link.detach();
  const bytes = seen.lookup(0);
  expect([textAt(bytes, 0), textAt(bytes, 64)]).toEqual(["/etc/hostname", "/usr/bin/cat"]);
  const view = new DataView(bytes!.buffer);
  expect([view.getInt32(128, true), view.getInt32(132, true)]).toEqual([14, -36]);
});

test("what programs know of a name they keep with it, under names of their own", () => {
  const { machine, seen, shell } = machineWith(64);
  const [own, user, other] = ["security.bpf.marked", "user.colour", "trusted.x"].map((name) =>
    textIn(machine, name),
  );
  const call = (name: string, map: string, at: number) => `
    r1 = r7
    r2 = map_value[${map}]+0
    r3 = r10
    r3 += -16
    r4 = 0
    call ${name}
    *(u32 *)(r9 +${at}) = r0`;
  const program = bpf.asm(`
    r7 = *(u64 *)(r1 +8)               ; the dentry
    r9 = map_value[seen]+0
    r1 = r9
    r2 = 4
    r3 = 0
    r4 = r10
    r4 += -16
    call bpf_dynptr_from_mem
    ${call("bpf_get_dentry_xattr", "own", 32)}
    ${call("bpf_get_dentry_xattr", "user", 36)}
    ${call("bpf_get_dentry_xattr", "other", 40)}
    ${call("bpf_set_dentry_xattr", "user", 44)}
    ${call("bpf_set_dentry_xattr", "own", 48)}
    ${call("bpf_remove_dentry_xattr", "other", 52)}
    r0 = -13
    exit`);
  const link = attach(machine, "path_unlink", program, { seen, own, user, other });
  shell("echo > /tmp/marked");
  const answers = () => {
    const unlinked = machine.run(function* (sys) {
      return yield* sys.unlink("/tmp/marked");
    });
    const view = new DataView(seen.lookup(0)!.buffer, 32);
    return [unlinked, ...Array.from({ length: 6 }, (_, i) => view.getInt32(i * 4, true))];
  };
  expect(answers()).toEqual([-EACCES, -ENODATA, -ENODATA, -EPERM, -EPERM, 0, -EPERM]);
  expect(answers()).toEqual([-EACCES, 4, -ENODATA, -EPERM, -EPERM, 0, -EPERM]);
  link.detach();
});

test("a program makes others start as if they had more rights than who starts them", () => {
  const { machine, shell } = machineWith(4);
  const program = bpf.asm(`
    r6 = *(u64 *)(r1 +0)
    r1 = r6
    r2 = 2
    call bpf_bprm_opts_set
    r7 = r0
    r1 = r6
    r2 = 1
    call bpf_bprm_opts_set
    if r7 == -22 goto out
    r0 = -1
    exit
  out:
    r0 = 0
    exit`);
  attach(machine, "bprm_check_security", program, {});
  shell("od -A n -t d8 /proc/self/auxv > /tmp/auxv");
  const numbers = machine.readFile("/tmp/auxv")!.trim().split(/\s+/).map(Number);
  const AT_SECURE = 23;
  const at = numbers.findIndex((key, i) => i % 2 === 0 && key === AT_SECURE);
  expect(numbers[at + 1]).toBe(1);
});
