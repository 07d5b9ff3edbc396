/** Compares what a program has become in the simulator with what Linux has made of it. */
import type { Insn } from "../../kernel-sim/api.ts";
import { isKfuncCall, isPseudoCall } from "../../kernel-sim/bpf/isa.ts";
import { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { decode, textsOf } from "../../kernel-sim/bpf/program-text.ts";
import { BPF_FUNC_NAMES } from "../../kernel-sim/bpf/uapi.ts";
import { kfuncById } from "../../kernel-sim/bpf/verifier/kfunc-call.ts";
import { kernelFunctionName } from "../../kernel-sim/bpf/xlate/kernel-functions.ts";
import type { VerifyRecord } from "./bpf-record.ts";
import { fromHex, loadRecord, newKernel } from "./bpf-verify.ts";

const LD_IMM64 = 0x18;
const CALL = 0x85;
const MOV64_IMM = 0xb7;
const MOV64_REG = 0xbf;
const PERCPU = -1;

interface Shown {
  readonly insn: Insn;
  readonly text: string;
  /** Its immediate is an address of the kernel, which is another one everywhere, or not for everybody. */
  readonly isHidden: boolean;
}

/** Loads the program of a record and says in what it differs from what Linux made of it; "" when in nothing. */
export function xlatedAsLinux(record: VerifyRecord): string {
  const kernel = newKernel();
  kernel.unprivilegedBpfDisabled = 0;
  const { fd, error } = loadRecord(kernel, record);
  const prog = kernel.files.get(fd);
  return prog instanceof LoadedProgram ? xlatedDifference(prog, record) : `refused: ${error}`;
}

/** Numbers of maps and addresses aside. */
function xlatedDifference(prog: LoadedProgram, record: VerifyRecord): string {
  const { xlated = "", xlated_calls = {} } = record;
  const theirs = shown(decode(fromHex(xlated)), ({ imm }) => helperName(xlated_calls[imm] ?? ""));
  const ours = shown(prog.shown.insns, calledName);
  const isSame = (at: number) => {
    const [one, other] = [ours[at], theirs[at]];
    if (one === undefined || other === undefined) return one === other;
    return one.text === other.text || (other.isHidden && sameButImm(one.insn, other.insn));
  };
  const length = Math.max(ours.length, theirs.length);
  const at = Array.from({ length }, (_, slot) => slot).find((slot) => !isSame(slot));
  if (at === undefined) return infoDifference(prog, record);
  const near = (insns: readonly Shown[]) => insns.slice(at, at + 3).map(({ text }) => text);
  return `slot ${at}, ours "${near(ours).join("; ")}", Linux's "${near(theirs).join("; ")}"`;
}

/** What is said of the program beside its instructions, as far as it was recorded. */
function infoDifference(prog: LoadedProgram, record: VerifyRecord): string {
  const rows = (records: readonly Uint8Array[]) =>
    records.map((bytes) => [...new Uint32Array(bytes.slice().buffer)]);
  const told: readonly (readonly [what: string, ours: unknown, kernels: unknown])[] = [
    ["functions", rows(prog.shown.funcInfo), record.xlated_func_info],
    ["lines", rows(prog.shown.lineInfo), record.xlated_line_info],
    ["maps", prog.maps.length + prog.boundMaps.length, record.nr_maps],
    ["verified", prog.origin.verifiedInsns, record.verified_insns],
  ];
  for (const [what, ours, kernels] of told) {
    const [one, other] = [JSON.stringify(ours), JSON.stringify(kernels)];
    if (other !== undefined && one !== other) return `${what}: ours ${one}, Linux's ${other}`;
  }
  return "";
}

function sameButImm(one: Insn, other: Insn): boolean {
  return (["code", "dstReg", "srcReg", "off"] as const).every((key) => one[key] === other[key]);
}

function shown(insns: readonly Insn[], nameOf: (insn: Insn) => string): Shown[] {
  const texts = textsOf(insns);
  const maps: number[] = [];
  return insns.map((insn, at) => {
    const { code, dstReg, srcReg, off, imm } = insn;
    const fields = `${code.toString(16)} ${dstReg} ${srcReg} ${off}`;
    if (code === CALL && !isPseudoCall(insn)) {
      const name = nameOf(insn);
      return { insn, text: `${fields} call ${name}`, isHidden: name === "" };
    }
    if (code === LD_IMM64 && (srcReg === 1 || srcReg === 2)) {
      if (!maps.includes(imm)) maps.push(imm);
      return { insn, text: `${fields} map ${maps.indexOf(imm)}`, isHidden: false };
    }
    return { insn, text: `${fields} ${imm} (${texts[at]})`, isHidden: isKernelAddress(insns, at) };
  });
}

/** Of a variable or an object of the kernel, or the place of a variable of each CPU. */
function isKernelAddress(insns: readonly Insn[], at: number): boolean {
  const [before, insn, next] = [insns[at - 1], insns[at], insns[at + 1]];
  if (insn?.code === MOV64_IMM) return next?.code === MOV64_REG && next.off === PERCPU;
  const [low, high] = insn?.code === LD_IMM64 ? [insn, next] : [before, insn];
  if (low?.code !== LD_IMM64 || low.srcReg !== 0 || high === undefined) return false;
  const upper = high.imm >>> 0;
  return (upper >= 0xffff_8000 && upper < 0xffff_ffff) || (high.imm === -1 && isText(low.imm));
}

/** The kernel itself lies in the last 2 GiB. */
function isText(low: number): boolean {
  return low >>> 0 >= 0x8000_0000 && low >>> 0 < 0xff00_0000;
}

/** Functions behind helpers that are called otherwise in the kernel: often there is one for each type of program. */
const HELPER_OF: Readonly<Record<string, string>> = {
  bpf_user_rnd_u32: "get_prandom_u32",
  bpf_tc_sk_lookup_tcp: "sk_lookup_tcp",
  bpf_tc_sk_lookup_udp: "sk_lookup_udp",
  bpf_tc_skc_lookup_tcp: "skc_lookup_tcp",
  bpf_xdp_sk_lookup_tcp: "sk_lookup_tcp",
  bpf_xdp_sk_lookup_udp: "sk_lookup_udp",
  bpf_xdp_skc_lookup_tcp: "skc_lookup_tcp",
  bpf_sk_setsockopt: "setsockopt",
  bpf_sk_getsockopt: "getsockopt",
  bpf_sock_ops_setsockopt: "setsockopt",
  bpf_sock_ops_getsockopt: "getsockopt",
  bpf_sock_addr_setsockopt: "setsockopt",
  bpf_sock_addr_getsockopt: "getsockopt",
  bpf_get_socket_ptr_cookie: "get_socket_cookie",
  bpf_skb_fib_lookup: "fib_lookup",
  bpf_xdp_fib_lookup: "fib_lookup",
  bpf_skb_check_mtu: "check_mtu",
  bpf_xdp_check_mtu: "check_mtu",
  bpf_probe_read_compat: "probe_read",
  bpf_probe_read_compat_str: "probe_read_str",
  bpf_get_func_ip_kprobe: "get_func_ip",
  sk_skb_pull_data: "skb_pull_data",
  bpf_xdp_redirect: "redirect",
  bpf_xdp_event_output: "perf_event_output",
  bpf_skb_event_output: "perf_event_output",
  bpf_perf_event_output_raw_tp: "perf_event_output",
  bpf_sock_ops_store_hdr_opt: "store_hdr_opt",
  bpf_sock_ops_reserve_hdr_opt: "reserve_hdr_opt",
  bpf_sock_ops_load_hdr_opt: "load_hdr_opt",
  bpf_sk_lookup_assign: "sk_assign",
  bpf_lwt_in_push_encap: "lwt_push_encap",
  bpf_get_stackid_raw_tp: "get_stackid",
  bpf_get_stackid_pe: "get_stackid",
  bpf_get_stack_raw_tp: "get_stack",
  bpf_get_cgroup_classid_curr: "get_cgroup_classid",
  bpf_get_attach_cookie_tracing: "get_attach_cookie",
  bpf_get_attach_cookie_trace: "get_attach_cookie",
  bpf_task_storage_get_recur: "task_storage_get",
  bpf_task_storage_delete_recur: "task_storage_delete",
};

/** Of one function there may be several helpers. */
const SAME_FUNCTION: Readonly<Record<string, string>> = { skb_output: "perf_event_output" };

function helperName(symbol: string): string {
  return HELPER_OF[symbol] ?? symbol.replace(/^bpf_/, "");
}

function calledName(insn: Insn): string {
  const kfunc = isKfuncCall(insn) ? kfuncById(insn.imm)?.name : undefined;
  const name = kfunc ?? kernelFunctionName(insn.imm);
  if (name !== undefined) return helperName(name);
  const helper = BPF_FUNC_NAMES[insn.imm] ?? "none";
  return SAME_FUNCTION[helper] ?? helper;
}
