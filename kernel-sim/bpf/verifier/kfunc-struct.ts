/** Structures of the kernel, as far as calls of its functions compare them. */

import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_INT,
  BTF_KIND_STRUCT,
  BTF_KIND_UNION,
  type BtfStruct,
  type BtfType,
} from "../btf/kinds.ts";
import { innerStruct } from "../btf/struct-walk.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  PTR_TO_BTF_ID,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
} from "./reg-type.ts";

export function isStruct(type: BtfType | undefined): type is BtfStruct {
  return type?.kind === BTF_KIND_STRUCT || type?.kind === BTF_KIND_UNION;
}

export function isScalarType(type: BtfType | undefined): boolean {
  return (
    type?.kind === BTF_KIND_INT || type?.kind === BTF_KIND_ENUM || type?.kind === BTF_KIND_ENUM64
  );
}

const MAX_NESTING = 3;

/** @linux kernel/bpf/verifier.c `__btf_type_is_scalar_struct` (6.18) */
export function isScalarStruct(
  env: VerifierEnv,
  btf: Btf,
  type: BtfType | undefined,
  depth = 0,
): boolean {
  if (!isStruct(type)) return false;
  for (const member of type.members) {
    const inner = btf.skipModifiers(member.type);
    if (isStruct(inner)) {
      if (depth >= MAX_NESTING) {
        env.verbose("max struct nesting depth exceeded\n");
        return false;
      }
      if (!isScalarStruct(env, btf, inner, depth + 1)) return false;
    } else if (inner?.kind === BTF_KIND_ARRAY) {
      if (inner.nelems === 0 || !isScalarType(btf.skipModifiers(inner.elemType))) return false;
    } else if (!isScalarType(inner)) {
      return false;
    }
  }
  return true;
}

/** Registers that are no BTF pointers, and the structure that they could be one to. */
const REG2BTF: Readonly<Record<number, string>> = {
  [PTR_TO_SOCKET]: "sock",
  [PTR_TO_SOCK_COMMON]: "sock_common",
  [PTR_TO_TCP_SOCK]: "tcp_sock",
  [CONST_PTR_TO_MAP]: "bpf_map",
};

/** @linux kernel/bpf/verifier.c `reg2btf_ids` (6.18) */
export function reg2BtfStruct({ type }: Reg): string | undefined {
  return REG2BTF[baseType(type)];
}

/** The structure that the register points to. */
export function structNameOf(reg: Reg): string {
  if (baseType(reg.type) === PTR_TO_BTF_ID) return reg.btfType;
  return reg2BtfStruct(reg) ?? "";
}

/**
 * Whether a `wanted` lies in `struct` at `off`, itself or as the first of what lies there.
 *
 * @param isStrict only the structure itself will do
 * @param log is told why nothing could be looked at
 * @linux kernel/bpf/btf.c `btf_struct_ids_match` (6.18)
 */
export function structIdsMatch(
  struct: string,
  off: number,
  wanted: string,
  isStrict: boolean,
  log: (text: string) => void = () => {},
): boolean {
  if (off === 0 && struct === wanted) return true;
  if (isStrict) return false;
  const btf = btfVmlinux();
  let type = btf.findByNameKind(struct, BTF_KIND_STRUCT);
  for (let at = off; isStruct(type); at = 0) {
    type = innerStruct(btf, type, at, log);
    if (type !== undefined && btf.nameOf(type) === wanted) return true;
  }
  return false;
}

const NOCAST_SUFFIX = "___init";

/** The same object in two states of its life. @linux kernel/bpf/verifier.c `btf_type_ids_nocast_alias` (6.18) */
export function isNocastAlias(a: string, b: string): boolean {
  return a === b + NOCAST_SUFFIX || b === a + NOCAST_SUFFIX;
}

/** What programs see in the place of a structure. @linux kernel/bpf/btf.c `btf_is_projection_of` (6.18) */
export function isProjectionOf(projection: string, struct: string): boolean {
  return (
    (projection === "__sk_buff" && struct === "sk_buff") ||
    (projection === "xdp_md" && struct === "xdp_buff")
  );
}
