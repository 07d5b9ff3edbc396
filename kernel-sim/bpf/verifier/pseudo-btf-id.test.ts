import { expect, test } from "vitest";
import { Clock } from "../../hw/clock.ts";
import { EACCES, ENOENT } from "../../include/errno.ts";
import { TraceRing } from "../../trace/ring.ts";
import { BTF_KIND_DATASEC, BTF_KIND_FUNC, BTF_KIND_STRUCT, BTF_KIND_VAR } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { insnBuilders as i } from "../builder.ts";
import { BPF_PSEUDO_BTF_ID } from "../isa.ts";
import { BpfKernel } from "../kernel.ts";
import { progLoad } from "../prog-load.ts";
import type { LoadedProgram } from "../program.ts";
import { testRun } from "../test-run.ts";
import { BPF_PROG_TYPE_NAMES } from "../uapi.ts";

const [FIRST, SECOND] = i.ldImm64(0, 0n);

/** R0 is where a function lies that the kernel's BTF names. */
function load(name: string, ...rest: readonly ReturnType<typeof i.exit>[]) {
  return loadAddress(btfVmlinux().findByNameKind(name, BTF_KIND_FUNC)!.id, ...rest);
}

function loadAddress(imm: number, ...rest: readonly ReturnType<typeof i.exit>[]) {
  const insns = [{ ...FIRST!, srcReg: BPF_PSEUDO_BTF_ID, imm }, SECOND!, ...rest, i.exit()];
  const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
  const outcome = progLoad(kernel, {
    progType: BPF_PROG_TYPE_NAMES.indexOf("sched_cls"),
    expectedAttachType: 0,
    insns,
    insnCnt: insns.length,
    license: "GPL",
    progFlags: 0,
    logLevel: 2,
    logSize: 1 << 16,
    hasLogBuffer: true,
    name: "",
  });
  return { kernel, ...outcome };
}

test("a program gets the address of a function of the kernel", () => {
  const { fd, log } = load("do_exit", i.alu64Imm(">>", 0, 32));
  expect([fd, log]).toEqual([-EACCES, expect.stringContaining("R0=rdonly_mem(sz=0)")]);
  const compared = load("do_exit", i.jmpImm("!=", 0, 0, 1), i.exit(), i.mov64Imm(0, 7));
  expect(compared.fd, compared.log).toBeGreaterThan(0);
  const prog = compared.kernel.files.get(compared.fd) as LoadedProgram;
  const run = { dataIn: new Uint8Array(20), ctxIn: undefined, repeat: 0 };
  expect(testRun(compared.kernel, prog, run).retval).toBe(7);
});

test("nothing of it can be read", () => {
  expect(load("do_exit", i.ldxMem("DW", 0, 0, 0)).error).toBe(
    "R0 min value is outside of the allowed memory range",
  );
});

test("a program looks whether there is a function that it could call", () => {
  const isThere = load("bpf_task_acquire", i.jmpImm("!=", 0, 0, 1), i.exit(), i.mov64Imm(0, 7));
  expect(isThere.fd, isThere.log).toBeGreaterThan(0);
});

test("variables of which each CPU has its own are declared; without CONFIG_KALLSYMS_ALL they have no address", () => {
  const btf = btfVmlinux();
  const runqueues = btf.findByNameKind("runqueues", BTF_KIND_VAR);
  if (runqueues?.kind !== BTF_KIND_VAR) throw new Error("there are no runqueues");
  expect(btf.typeById(runqueues.type)).toBe(btf.findByNameKind("rq", BTF_KIND_STRUCT));
  const section = btf.findByNameKind(".data..percpu", BTF_KIND_DATASEC);
  expect(section).toMatchObject({ size: 185_560 });
  const { fd, log } = loadAddress(runqueues.id, i.mov64Imm(0, 0));
  expect([fd, log]).toEqual([
    -ENOENT,
    expect.stringContaining("ldimm64 failed to find the address for kernel symbol 'runqueues'.\n"),
  ]);
});
