/** From the bytes of a BTF object to its types. */
import { E2BIG, EINVAL, ELOOP } from "../../include/errno.ts";
import type { VerifierLog } from "../verifier/log.ts";
import { Btf } from "./btf.ts";
import { checkFuncProto } from "./check-func-proto.ts";
import { checkMeta } from "./check-meta.ts";
import { BTF_TYPE_BYTES, decodeHead, decodeType, tailBytes } from "./decode.ts";
import { parseHeader } from "./header.ts";
import {
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_TYPE_TAG,
  BTF_VOID,
  type BtfRef,
  type BtfType,
  isModifier,
} from "./kinds.ts";
import { checkFields, type KernelTypes, parseStructMetas } from "./record.ts";
import { needsResolve, Resolver } from "./resolve.ts";
import { BtfVerifierEnv } from "./verifier-env.ts";

export const BTF_MAX_BYTES = 16 * 1024 * 1024;
const BTF_MAX_TYPE = 0xf_ffff;
const BTF_INFO_MASK = 0x9f00_ffff;
const MODIFIERS_MAX = 32;

/**
 * The types of a BTF object, or a negative errno.
 *
 * @param data its own from now on
 * @param kernel the types of the kernel that pointers in structures may lead to
 * @linux kernel/bpf/btf.c `btf_parse` (6.18)
 */
export function btfParse(data: Uint8Array, log: VerifierLog, kernel?: KernelTypes): Btf | number {
  if (data.length > BTF_MAX_BYTES) return -E2BIG;
  const sections = parseHeader(data, log);
  if (typeof sections === "number") return sections;
  const { strings } = sections;
  const types: BtfType[] = [BTF_VOID];
  const btf = new Btf(data, types, strings);
  const env = new BtfVerifierEnv(btf, strings, log);
  if (!sections.areTypesAligned) {
    env.verbose("Unaligned type_off");
    return -EINVAL;
  }
  if (sections.types.length === 0) {
    env.verbose("No type found");
    return -EINVAL;
  }
  const err =
    checkAllMetas(env, sections.types, types) ||
    checkAllTypes(env, types) ||
    checkTypeTags(env) ||
    checkStructMetas(btf, kernel);
  return err === 0 ? btf : err;
}

/** @linux kernel/bpf/btf.c `btf_parse_struct_metas` (6.18) */
function checkStructMetas(btf: Btf, kernel: KernelTypes | undefined): 0 | number {
  const metas = parseStructMetas(btf, kernel);
  if (typeof metas === "number") return metas;
  btf.structMetas = metas;
  for (const record of metas.values()) {
    const err = checkFields(btf, record);
    if (err !== 0) return err;
  }
  return 0;
}

/** @linux kernel/bpf/btf.c `btf_check_all_metas` (6.18) */
function checkAllMetas(env: BtfVerifierEnv, records: Uint8Array, types: BtfType[]): 0 | number {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; at < records.length; env.logTypeId++) {
    const type = nextType(env, view, at);
    if (typeof type === "number") return type;
    const err = checkMeta(env, type);
    if (err !== 0) return err;
    at += BTF_TYPE_BYTES + tailBytes(type);
    // As in Linux, where nobody looks whether there was room for it.
    if (types.length === BTF_MAX_TYPE) env.verbose("Exceeded max num of types");
    else types.push(type);
  }
  return 0;
}

/** The record that starts there, if all of it is there. @linux kernel/bpf/btf.c `btf_check_meta` (6.18) */
function nextType(env: BtfVerifierEnv, view: DataView, at: number): BtfType | number {
  const refuse = (message: string): number => {
    env.verbose(`[${env.logTypeId}] ${message}`);
    return -EINVAL;
  };
  const left = view.byteLength - at;
  if (left < BTF_TYPE_BYTES) {
    return refuse(`meta_left:${left} meta_needed:${BTF_TYPE_BYTES}`);
  }
  const head = decodeHead(view, at, env.logTypeId);
  const { info, kind, nameOff } = head;
  if ((info & ~BTF_INFO_MASK) !== 0) return refuse(`Invalid btf_info:${info.toString(16)}`);
  if (kind === 0 || kind > BTF_KIND_ENUM64) return refuse(`Invalid kind:${kind}`);
  if (!env.btf.isNameOffset(nameOff)) return refuse(`Invalid name_offset:${nameOff}`);
  const tailLeft = left - BTF_TYPE_BYTES;
  const needed = tailBytes(head);
  if (tailLeft < needed) {
    env.logBasic(head, `meta_left:${tailLeft} meta_needed:${needed}`);
    return -EINVAL;
  }
  return decodeType(view, at + BTF_TYPE_BYTES, head);
}

/** @linux kernel/bpf/btf.c `btf_check_all_types` (6.18) */
function checkAllTypes(env: BtfVerifierEnv, types: readonly BtfType[]): 0 | number {
  const resolver = new Resolver(env);
  env.isResolving = true;
  for (const type of types) {
    env.logTypeId = type.id;
    if (needsResolve(type) && !resolver.isResolved(type.id)) {
      const err = resolver.resolve(type);
      if (err !== 0) return err;
    }
    if (type.kind === BTF_KIND_FUNC_PROTO) {
      const err = checkFuncProto(env, resolver, type);
      if (err !== 0) return err;
    }
  }
  return 0;
}

/** Tags stand before qualifiers, and not too many in a row. @linux kernel/bpf/btf.c `btf_check_type_tags` (6.18) */
function checkTypeTags(env: BtfVerifierEnv): 0 | number {
  let goodId = 0;
  for (let id = 1; id < env.btf.nrTypes; id++) {
    let type = env.btf.typeById(id)!;
    if (!isModifier(type)) continue;
    let isInTags = type.kind === BTF_KIND_TYPE_TAG;
    for (let left = MODIFIERS_MAX; isModifier(type); left--) {
      if (left === 0) {
        env.verbose("Max chain length or cycle detected");
        return -ELOOP;
      }
      if (type.kind !== BTF_KIND_TYPE_TAG) isInTags = false;
      else if (!isInTags) {
        env.verbose("Type tags don't precede modifiers");
        return -EINVAL;
      }
      if (type.id <= goodId) break;
      type = env.btf.typeById((type as BtfRef).type)!;
    }
    goodId = id;
  }
  return 0;
}
