/** Tables of functions of the kernel that programs may stand behind. @linux include/linux/bpf.h `struct bpf_struct_ops` (6.18) */
import { EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import type { TcpCongestionControls, TcpCongestionOps } from "../../net/ipv4/tcp-cong.ts";
import { isObjectNameOk } from "../object-name.ts";

/** A member of a table as user space has filled it in. */
export interface TableMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a table has come to, once all of its members were looked at. */
export class FilledTable implements TcpCongestionOps {
  name = "";
  /** The members behind which there are programs. */
  readonly members = new Set<string>();
}

/** A kind of table. */
export interface StructOpsTable {
  /** 1: that was all, 0: it is a function or has to be 0, or a negative errno. */
  initMember(member: TableMember, filled: FilledTable): 0 | 1 | number;
  validate(filled: FilledTable): 0 | number;
  reg(filled: FilledTable, host: TcpCongestionControls): 0 | number;
  unreg(filled: FilledTable, host: TcpCongestionControls): void;
  update(next: FilledTable, old: FilledTable, host: TcpCongestionControls): 0 | number;
}

/** TCP_CONG_MASK */
const TCP_FLAGS = 0x1f;

/** @linux net/ipv4/bpf_tcp_ca.c `bpf_tcp_congestion_ops` (6.18) */
const TCP_CONGESTION: StructOpsTable = {
  /** @linux net/ipv4/bpf_tcp_ca.c `bpf_tcp_ca_init_member` (6.18) */
  initMember({ name, bytes }, filled) {
    if (name === "flags") {
      const flags = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      return (flags & ~TCP_FLAGS) === 0 ? 1 : -EINVAL;
    }
    if (name !== "name") return 0;
    const end = bytes.indexOf(0);
    filled.name = String.fromCharCode(...bytes.subarray(0, Math.max(end, 0)));
    return filled.name !== "" && isObjectNameOk(filled.name) ? 1 : -EINVAL;
  },
  /** @linux net/ipv4/tcp_cong.c `tcp_validate_congestion_control` (6.18) */
  validate({ members }) {
    const isGrowing = members.has("cong_avoid") || members.has("cong_control");
    return members.has("ssthresh") && members.has("undo_cwnd") && isGrowing ? 0 : -EINVAL;
  },
  reg: (filled, controls) => controls.register(filled),
  unreg: (filled, controls) => controls.unregister(filled),
  update: (next, old, controls) => controls.update(next, old),
};

/** It is there for tests of programs, and takes nothing in. @linux net/bpf/bpf_dummy_struct_ops.c `bpf_bpf_dummy_ops` (6.18) */
const DUMMY: StructOpsTable = {
  initMember: () => -EOPNOTSUPP,
  validate: () => 0,
  reg: () => -EOPNOTSUPP,
  unreg() {},
  update: () => -EOPNOTSUPP,
};

/** By their names; undefined: no programs can stand behind it. */
export function structOpsTable(name: string): StructOpsTable | undefined {
  if (name === "tcp_congestion_ops") return TCP_CONGESTION;
  return name === "bpf_dummy_ops" ? DUMMY : undefined;
}
