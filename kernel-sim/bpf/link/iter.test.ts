import { expect, test } from "vitest";
import { boot, bpf } from "../../index.ts";
import { BTF_KIND_STRUCT } from "../btf/kinds.ts";
import { memberPlace } from "../btf/member-place.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";

function offsetOf(struct: string, member: string): number {
  const type = btfVmlinux().findByNameKind(struct, BTF_KIND_STRUCT);
  if (type?.kind !== BTF_KIND_STRUCT) throw new Error(`no struct ${struct}`);
  return memberPlace(btfVmlinux(), type, member)!.start;
}

/** What an iterator prints that runs `text`, which leaves two numbers in r6 and r7 or goes to `out`. */
function printed(machine: ReturnType<typeof boot>, attachTo: string, text: string): string[] {
  const program = bpf.asm(`
    r9 = *(u64 *)(r1 +0)
    r9 = *(u64 *)(r9 +0)               ; meta->seq
    ${text}
    *(u64 *)(r10 -16) = r6
    *(u64 *)(r10 -8) = r7
    r3 = 0x0a786c2520786c25 ll         ; "%lx %lx\\n"
    *(u64 *)(r10 -32) = r3
    r3 = 0
    *(u64 *)(r10 -24) = r3
    r1 = r9
    r2 = r10
    r2 += -32
    r3 = 9
    r4 = r10
    r4 += -16
    r5 = 16
    call bpf_seq_printf
  out:
    r0 = 0
    exit`);
  const link = machine.bpf
    .mustLoad({
      type: "tracing",
      expectedAttachType: "trace_iter",
      attachTo,
      program,
      name: "mine",
    })
    .attach();
  const lines = link.read().trimEnd().split("\n");
  link.detach();
  return lines;
}

const TASK_OF_ENTRY = `
    r8 = *(u64 *)(r1 +8)
    if r8 == 0 goto out
    r6 = *(u32 *)(r8 +${offsetOf("task_struct", "pid")})`;

test("an iterator goes over the files that tasks have open", () => {
  const machine = boot({ seed: 1 });
  const { pid } = machine.spawn("/bin/sh", { argv: ["sh", "-c", "sleep 9 5</etc/passwd"] });
  machine.runFor(1e9);
  const lines = printed(
    machine,
    "task_file",
    `${TASK_OF_ENTRY}
    r7 = *(u32 *)(r1 +16)
    r3 = *(u64 *)(r1 +24)
    if r3 == 0 goto out`,
  );
  const expected = machine.kernel
    .descriptors()
    .map((row) => `${row.pid.toString(16)} ${row.fd.toString(16)}`);
  expect(lines).toEqual(expected);
  expect(expected.some((line) => line.endsWith(" 5"))).toBe(true);
  expect(pid).toBeGreaterThan(1);
});

test("an iterator goes over the memory of tasks", () => {
  const machine = boot({ seed: 1 });
  const process = machine.spawn("/bin/sleep", { argv: ["sleep", "9"] });
  machine.runFor(1e9);
  const lines = printed(
    machine,
    "task_vma",
    `${TASK_OF_ENTRY}
    r3 = *(u64 *)(r1 +16)
    if r3 == 0 goto out
    r7 = *(u64 *)(r3 +${offsetOf("vm_area_struct", "vm_start")})`,
  );
  const own = process.maps
    .trimEnd()
    .split("\n")
    .map((line) => `${process.pid.toString(16)} ${line.split("-")[0]!.replace(/^0+(?=.)/, "")}`)
    .filter((line) => !line.endsWith("ffffffffff600000"));
  expect(lines.filter((line) => line.startsWith(`${process.pid.toString(16)} `))).toEqual(own);
});

test("iterators go over programs and links", () => {
  const machine = boot({ seed: 1 });
  const prog = machine.bpf.mustLoad({ type: "kprobe", program: bpf.asm("r0 = 0; exit") });
  const link = prog.attach("do_exit");
  const programs = printed(
    machine,
    "bpf_prog",
    `
    r8 = *(u64 *)(r1 +8)
    if r8 == 0 goto out
    r7 = *(u32 *)(r8 +${offsetOf("bpf_prog", "type")})
    r8 = *(u64 *)(r8 +${offsetOf("bpf_prog", "aux")})
    r6 = *(u32 *)(r8 +${offsetOf("bpf_prog_aux", "id")})`,
  );
  expect(programs).toEqual(["1 2", "2 1a"]);
  const links = printed(
    machine,
    "bpf_link",
    `
    r8 = *(u64 *)(r1 +8)
    if r8 == 0 goto out
    r6 = *(u32 *)(r8 +${offsetOf("bpf_link", "id")})
    r7 = *(u32 *)(r8 +${offsetOf("bpf_link", "type")})`,
  );
  expect(links[0]).toBe(`${link.id.toString(16)} 7`);
  expect(links).toHaveLength(2);
});
