import { describe, expect, test } from "vitest";
import { bpf } from "../../facade/toolkit.ts";
import { Clock } from "../../hw/clock.ts";
import { EACCES, EINVAL } from "../../include/errno.ts";
import { TraceRing } from "../../trace/ring.ts";
import { BTF_KIND_FUNC, BTF_KIND_STRUCT, BTF_KIND_TYPEDEF } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { BpfKernel } from "../kernel.ts";
import { progLoad } from "../prog-load.ts";
import {
  BPF_LSM_CGROUP,
  BPF_LSM_MAC,
  BPF_MODIFY_RETURN,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_TRACING,
  BPF_TRACE_FENTRY,
  BPF_TRACE_FEXIT,
} from "../uapi.ts";

const SLEEPABLE = 16;

interface Load {
  readonly type?: number;
  readonly attach: number;
  readonly to: string;
  readonly flags?: number;
  readonly license?: string;
  readonly text: string;
}

function load({ type = BPF_PROG_TYPE_TRACING, attach, to, flags, license, text }: Load) {
  const { insns } = bpf.asm(text);
  const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
  const kinds = [BTF_KIND_FUNC, BTF_KIND_TYPEDEF, BTF_KIND_STRUCT];
  const types = kinds.map((kind) => btfVmlinux().findByNameKind(to, kind));
  return progLoad(kernel, {
    progType: type,
    expectedAttachType: attach,
    insns,
    insnCnt: insns.length,
    license: license ?? "GPL",
    progFlags: flags ?? 0,
    logLevel: 2,
    logSize: 1 << 16,
    hasLogBuffer: true,
    name: "",
    attachBtfId: types.find((found) => found !== undefined)?.id ?? 0,
  });
}

const ZERO = "r0 = 0; exit";
const LSM = { type: BPF_PROG_TYPE_LSM, attach: BPF_LSM_MAC };

describe("programs at functions of the kernel", () => {
  test.each<Load>([
    { attach: BPF_TRACE_FENTRY, to: "do_unlinkat", text: ZERO },
    { attach: BPF_TRACE_FEXIT, to: "vfs_read", text: `r2 = *(u64 *)(r1 + 32); ${ZERO}` },
    { attach: BPF_MODIFY_RETURN, to: "security_file_open", text: "r0 = -1; exit" },
    { attach: BPF_MODIFY_RETURN, to: "bpf_fentry_test1", flags: SLEEPABLE, text: ZERO },
    { ...LSM, to: "bpf_lsm_file_open", flags: SLEEPABLE, text: "r0 = *(u64 *)(r1 + 8); exit" },
    // An int as compilers answer it: in 32 bits.
    { ...LSM, to: "bpf_lsm_file_open", text: "w0 = -1; exit" },
    { ...LSM, to: "bpf_lsm_task_free", text: "exit" },
    { ...LSM, attach: BPF_LSM_CGROUP, to: "bpf_lsm_socket_bind", text: "r0 = 1; exit" },
  ])("are taken: $to", (wanted) => {
    const { fd, log } = load(wanted);
    expect(fd, log).toBeGreaterThanOrEqual(0);
  });

  test.each<Load & { readonly error: string; readonly errno?: number }>([
    {
      attach: BPF_TRACE_FEXIT,
      to: "do_exit",
      text: ZERO,
      error: "Attaching fexit/fmod_ret to __noreturn function 'do_exit' is rejected.",
    },
    {
      attach: BPF_TRACE_FENTRY,
      to: "migrate_disable",
      text: ZERO,
      error: "Attaching tracing programs to function 'migrate_disable' is rejected.",
    },
    {
      attach: BPF_MODIFY_RETURN,
      to: "vfs_read",
      text: ZERO,
      error: "vfs_read() is not modifiable",
    },
    {
      attach: BPF_TRACE_FENTRY,
      to: "vfs_read",
      flags: SLEEPABLE,
      text: ZERO,
      error: "vfs_read is not sleepable",
    },
    {
      attach: BPF_TRACE_FENTRY,
      to: "_printk",
      text: ZERO,
      error: "The function _printk with variable args is unsupported.",
    },
    {
      attach: BPF_TRACE_FENTRY,
      to: "vfs_read",
      text: "r0 = 1; exit",
      error: "At program exit the register R0 has smin=1 smax=1 should have been in [0, 0]",
    },
    {
      ...LSM,
      to: "bpf_lsm_file_open",
      text: "r0 = 1; exit",
      error: "At program exit the register R0 has smin=1 smax=1 should have been in [-4095, 0]",
    },
    {
      ...LSM,
      to: "bpf_lsm_file_open",
      license: "Proprietary",
      text: ZERO,
      error: "LSM programs must have a GPL compatible license",
    },
    {
      ...LSM,
      attach: BPF_LSM_CGROUP,
      to: "bpf_lsm_task_free",
      text: ZERO,
      error: "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!",
    },
    {
      attach: BPF_TRACE_FENTRY,
      to: "vfs_read",
      text: `r2 = *(u64 *)(r1 + 32); ${ZERO}`,
      error: "invalid bpf_context access off=32 size=8",
      errno: EACCES,
    },
    {
      type: BPF_PROG_TYPE_EXT,
      attach: 0,
      to: "vfs_read",
      text: ZERO,
      error: "Cannot replace kernel functions",
    },
  ])("are refused: $error", ({ error, errno = EINVAL, ...wanted }) => {
    const answer = load(wanted);
    expect(answer.error).toBe(error);
    expect(answer.fd).toBe(-errno);
  });

  test("know what a hook has answered before them", () => {
    const { log } = load({ ...LSM, to: "bpf_lsm_file_open", text: "r0 = *(u64 *)(r1 + 8); exit" });
    expect(log).toContain("R0=scalar(smin=smin32=-4095,smax=smax32=0)");
  });
});
