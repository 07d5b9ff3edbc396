/** What programs behind tables of functions may do, by the table. */
import { invariant } from "../../../hw/simulator-bug.ts";
import { EACCES, EINVAL, ENOTSUPP } from "../../../include/errno.ts";
import { BTF_KIND_STRUCT, type BtfStruct } from "../../btf/kinds.ts";
import { memberPlace } from "../../btf/member-place.ts";
import { btfVmlinux } from "../../btf/vmlinux.ts";
import { isHelperOpenTo, tcpCongestionHelpers } from "../../helpers/allowed.ts";
import type { VerifierEnv } from "../env.ts";
import { baseType, MEM_PERCPU, MEM_USER, PTR_TO_BTF_ID, PTR_UNTRUSTED } from "../reg-type.ts";
import type { CtxAccess, CtxRequest } from "./access.ts";
import { tracingIsValidAccess } from "./btf-ctx.ts";
import type { CtxOps } from "./ops.ts";

/** @linux include/linux/bpf.h `struct bpf_struct_ops` (6.18) */
interface StructOps extends CtxOps {
  /** 0, or a negative errno: no program may stand there. */
  checkMember(member: string, env: VerifierEnv): 0 | number;
}

/** @linux net/ipv4/bpf_tcp_ca.c `bpf_tcp_congestion_ops` (6.18) */
const TCP_CONGESTION: StructOps = {
  helper: (id, env) => (isHelperOpenTo(id, env) ? tcpCongestionHelpers(env).get(id) : undefined),
  isValidAccess: tcpIsValidAccess,
  checkMember: (member) => (member === "get_info" ? -ENOTSUPP : 0),
  writeObject: writeTcpSock,
};

const DUMMY_STATE_BYTES = 4;

/** @linux net/bpf/bpf_dummy_struct_ops.c `bpf_bpf_dummy_ops` (6.18) */
const DUMMY: StructOps = {
  helper: () => undefined,
  isValidAccess: tracingIsValidAccess,
  checkMember: (member, { isSleepable }) =>
    isSleepable && member !== "test_sleepable" ? -EINVAL : 0,
  writeObject(env, struct, off, size) {
    const isState = struct === "bpf_dummy_ops_state";
    if (isState && off + size <= DUMMY_STATE_BYTES) return 0;
    env.verbose(
      isState
        ? `write access at off ${off} with size ${size}\n`
        : "only access to bpf_dummy_ops_state is supported\n",
    );
    return -EACCES;
  },
};

const TABLES: Readonly<Record<string, StructOps>> = {
  tcp_congestion_ops: TCP_CONGESTION,
  bpf_dummy_ops: DUMMY,
};

/** undefined: no programs can stand behind it. @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_find` (6.18) */
export function structOpsOf(table: string): StructOps | undefined {
  return Object.hasOwn(TABLES, table) ? TABLES[table] : undefined;
}

const UNSAFE = PTR_UNTRUSTED | MEM_USER | MEM_PERCPU;

/** Whatever socket it is, it is one of TCP. @linux net/ipv4/bpf_tcp_ca.c `bpf_tcp_ca_is_valid_access` (6.18) */
function tcpIsValidAccess(request: CtxRequest, env: VerifierEnv): CtxAccess | undefined {
  const found = tracingIsValidAccess(request, env);
  const isSock =
    found !== undefined &&
    baseType(found.regType) === PTR_TO_BTF_ID &&
    (found.regType & UNSAFE) === 0 &&
    found.btfType === "sock";
  return isSock ? { ...found, btfType: "tcp_sock" } : found;
}

/** Where a member of a socket is to be found. */
type WritablePath = readonly string[];

const SOCK = ["inet_conn", "icsk_inet", "sk"];
/** @linux net/ipv4/bpf_tcp_ca.c `bpf_tcp_ca_btf_struct_access` (6.18) */
const WRITABLE: readonly WritablePath[] = [
  [...SOCK, "sk_pacing_rate"],
  [...SOCK, "sk_pacing_status"],
  ["inet_conn", "icsk_ca_priv"],
  ["inet_conn", "icsk_ack", "pending"],
  ["snd_cwnd"],
  ["snd_cwnd_cnt"],
  ["snd_cwnd_stamp"],
  ["snd_ssthresh"],
  ["ecn_flags"],
  ["app_limited"],
];

function writeTcpSock(env: VerifierEnv, struct: string, off: number, size: number): 0 | number {
  if (struct !== "tcp_sock") {
    env.verbose("only read is supported\n");
    return -EACCES;
  }
  const member = WRITABLE.map(placeOf).find(
    (place) => off === place.start || (place.isArray && off >= place.start && off < place.end),
  );
  if (member === undefined) {
    env.verbose(`no write support to tcp_sock at off ${off}\n`);
    return -EACCES;
  }
  if (off + size <= member.end) return 0;
  env.verbose(
    `write access at off ${off} with size ${size} beyond the member of tcp_sock ended at ${member.end}\n`,
  );
  return -EACCES;
}

interface Place {
  readonly start: number;
  readonly end: number;
  /** It may be written from any of its bytes on. */
  readonly isArray: boolean;
}

function placeOf(path: WritablePath): Place {
  const btf = btfVmlinux();
  let struct = btf.findByNameKind("tcp_sock", BTF_KIND_STRUCT) as BtfStruct;
  let start = 0;
  let end = struct.size;
  for (const name of path) {
    const member = memberPlace(btf, struct, name);
    invariant(member !== undefined, `a socket has no ${name}`);
    start += member.start;
    end = start + member.size;
    struct = member.type as BtfStruct;
  }
  return { start, end, isArray: path.at(-1) === "icsk_ca_priv" };
}
