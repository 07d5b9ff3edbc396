import type { VerifierLog } from "../verifier/log.ts";
import type { Btf } from "./btf.ts";
import type { BtfMember, BtfStruct, BtfType, BtfVarSecinfo } from "./kinds.ts";
import * as kinds from "./kinds.ts";

/** What one message may be long. @linux include/linux/bpf_verifier.h BPF_VERIFIER_TMP_LOG_SIZE (6.18) */
const MESSAGE_MAX = 1023;

const KIND_NAMES: readonly string[] = [
  "UNKNOWN",
  "INT",
  "PTR",
  "ARRAY",
  "STRUCT",
  "UNION",
  "ENUM",
  "FWD",
  "TYPEDEF",
  "VOLATILE",
  "CONST",
  "RESTRICT",
  "FUNC",
  "FUNC_PROTO",
  "VAR",
  "DATASEC",
  "FLOAT",
  "DECL_TAG",
  "TYPE_TAG",
  "ENUM64",
];

/** What of a record is there before the rest of it is known to be. */
interface Named {
  readonly kind: number;
  readonly nameOff: number;
}

/**
 * One check of one BTF object, and its log.
 *
 * @linux kernel/bpf/btf.c `struct btf_verifier_env` (6.18)
 */
export class BtfVerifierEnv {
  readonly btf: Btf;
  readonly log: VerifierLog;
  readonly strings: Uint8Array;
  /** The type that messages are about. */
  logTypeId = 1;
  /** References are followed, records were logged already. */
  isResolving = false;

  constructor(btf: Btf, strings: Uint8Array, log: VerifierLog) {
    this.btf = btf;
    this.strings = strings;
    this.log = log;
  }

  verbose(text: string): void {
    if (this.log.isNeeded) this.log.write(text.slice(0, MESSAGE_MAX));
  }

  /** @linux kernel/bpf/btf.c `__btf_name_by_offset` (6.18) */
  nameText(offset: number): string {
    if (offset === 0) return "(anon)";
    return this.btf.nameByOffset(offset) ?? "(invalid-name-offset)";
  }

  /** One line of the record with all that it says. @linux kernel/bpf/btf.c `btf_verifier_log_type` (6.18) */
  logType(type: BtfType, message: string = ""): void {
    if (!this.log.isNeeded) return;
    this.#logHead(type, " ");
    for (const detail of detailsOf(this, type)) this.verbose(detail);
    this.#endLine(message);
  }

  /** @linux kernel/bpf/btf.c `btf_verifier_log_basic` (6.18) */
  logBasic(type: Named, message: string): void {
    if (!this.log.isNeeded) return;
    this.#logHead(type, "");
    this.#endLine(message);
  }

  /** @linux kernel/bpf/btf.c `btf_verifier_log_member` (6.18) */
  logMember(struct: BtfStruct, member: BtfMember, message: string = ""): void {
    if (!this.log.isNeeded) return;
    if (this.isResolving) this.logType(struct);
    const name = this.nameText(member.nameOff);
    const bits = kinds.memberBitOffset(struct, member);
    const size = kinds.memberBitfieldSize(struct, member);
    const bitfield = struct.kflag ? ` bitfield_size=${size}` : "";
    this.verbose(`\t${name} type_id=${member.type}${bitfield} bits_offset=${bits}`);
    this.#endLine(message);
  }

  /** @linux kernel/bpf/btf.c `btf_verifier_log_vsi` (6.18) */
  logVarSecinfo(datasec: BtfType, vsi: BtfVarSecinfo, message: string = ""): void {
    if (!this.log.isNeeded) return;
    if (this.isResolving) this.logType(datasec);
    this.verbose(`\t type_id=${vsi.type} offset=${vsi.offset} size=${vsi.size}`);
    this.#endLine(message);
  }

  #logHead({ kind, nameOff }: Named, end: string): void {
    this.verbose(`[${this.logTypeId}] ${KIND_NAMES[kind]} ${this.nameText(nameOff)}${end}`);
  }

  #endLine(message: string): void {
    if (message !== "") {
      this.verbose(" ");
      this.verbose(message);
    }
    this.verbose("\n");
  }
}

/** Piece by piece, as each may be cut when it is too long. */
function detailsOf(env: BtfVerifierEnv, type: BtfType): string[] {
  switch (type.kind) {
    case kinds.BTF_KIND_INT:
      return [
        `size=${type.size} bits_offset=${kinds.intBitOffset(type)} ` +
          `nr_bits=${kinds.intBits(type)} encoding=${encodingText(kinds.intEncoding(type))}`,
      ];
    case kinds.BTF_KIND_ARRAY:
      return [`type_id=${type.elemType} index_type_id=${type.indexType} nr_elems=${type.nelems}`];
    case kinds.BTF_KIND_STRUCT:
    case kinds.BTF_KIND_UNION:
    case kinds.BTF_KIND_ENUM:
    case kinds.BTF_KIND_ENUM64:
    case kinds.BTF_KIND_DATASEC:
      return [`size=${type.size} vlen=${type.vlen}`];
    case kinds.BTF_KIND_FWD:
      return [type.kflag ? "union" : "struct"];
    case kinds.BTF_KIND_FUNC_PROTO:
      return funcProtoDetails(env, type);
    case kinds.BTF_KIND_VAR:
      return [`type_id=${type.type} linkage=${type.linkage}`];
    case kinds.BTF_KIND_FLOAT:
      return [`size=${type.size}`];
    case kinds.BTF_KIND_DECL_TAG:
      return [`type=${type.type} component_idx=${type.componentIdx}`];
    default:
      return [`type_id=${type.sizeOrType}`];
  }
}

/** @linux kernel/bpf/btf.c `btf_func_proto_log` (6.18) */
function funcProtoDetails(env: BtfVerifierEnv, { type, params }: kinds.BtfFuncProto): string[] {
  const details = [`return=${type} args=(`];
  if (params.length === 0) details.push("void");
  for (const [i, param] of params.entries()) {
    const isVararg = i === params.length - 1 && param.type === 0;
    const text = isVararg ? "vararg" : `${param.type} ${env.nameText(param.nameOff)}`;
    details.push(i === 0 ? text : `, ${text}`);
  }
  details.push(")");
  return details;
}

/** Only one of them may be set. @linux kernel/bpf/btf.c `btf_int_encoding_str` (6.18) */
export function encodingText(encoding: number): string {
  switch (encoding) {
    case 0:
      return "(none)";
    case kinds.BTF_INT_SIGNED:
      return "SIGNED";
    case kinds.BTF_INT_CHAR:
      return "CHAR";
    case kinds.BTF_INT_BOOL:
      return "BOOL";
    default:
      return "UNKN";
  }
}
