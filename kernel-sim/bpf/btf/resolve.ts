/** Follows the references between types: to the end, without a circle, to something with a size. */
import { E2BIG, EEXIST, EINVAL } from "../../include/errno.ts";
import { checkMember } from "./check-member.ts";
import type { BtfType } from "./kinds.ts";
import * as kinds from "./kinds.ts";
import type { BtfVerifierEnv } from "./verifier-env.ts";

const MAX_RESOLVE_DEPTH = 32;
const U32_MAX = 0xffff_ffff;

const NOT_VISITED = 0;
const VISITED = 1;
const RESOLVED = 2;

/** What ends the way: depends on what it started from. @linux kernel/bpf/btf.c `enum resolve_mode` (6.18) */
type ResolveMode = "tbd" | "ptr" | "struct-or-array";

interface Vertex {
  readonly type: BtfType;
  nextMember: number;
}

/** They may refer to others, but no type refers to them. @linux kernel/bpf/btf.c `btf_type_is_resolve_source_only` (6.18) */
export function isSourceOnly({ kind }: BtfType): boolean {
  return (
    kind === kinds.BTF_KIND_VAR ||
    kind === kinds.BTF_KIND_DECL_TAG ||
    kind === kinds.BTF_KIND_DATASEC
  );
}

/** @linux kernel/bpf/btf.c `btf_type_needs_resolve` (6.18) */
export function needsResolve(type: BtfType): boolean {
  switch (type.kind) {
    case kinds.BTF_KIND_PTR:
    case kinds.BTF_KIND_STRUCT:
    case kinds.BTF_KIND_UNION:
    case kinds.BTF_KIND_ARRAY:
    case kinds.BTF_KIND_VAR:
    case kinds.BTF_KIND_FUNC:
    case kinds.BTF_KIND_DECL_TAG:
    case kinds.BTF_KIND_DATASEC:
      return true;
    default:
      return kinds.isModifier(type);
  }
}

/** @linux kernel/bpf/btf.c `btf_type_nosize` (6.18) */
function hasNoSize({ kind }: BtfType): boolean {
  switch (kind) {
    case kinds.BTF_KIND_UNKN:
    case kinds.BTF_KIND_FWD:
    case kinds.BTF_KIND_FUNC:
    case kinds.BTF_KIND_FUNC_PROTO:
    case kinds.BTF_KIND_DECL_TAG:
      return true;
    default:
      return false;
  }
}

/** @linux kernel/bpf/btf.c `btf_type_is_decl_tag_target` (6.18) */
function isDeclTagTarget(type: BtfType): boolean {
  const { kind } = type;
  return (
    kind === kinds.BTF_KIND_FUNC ||
    kinds.isStruct(type) ||
    kind === kinds.BTF_KIND_VAR ||
    kind === kinds.BTF_KIND_TYPEDEF
  );
}

/** @linux kernel/bpf/btf.c `struct btf_verifier_env`, `btf_resolve` (6.18) */
export class Resolver {
  readonly #env: BtfVerifierEnv;
  readonly #states: Uint8Array;
  readonly #stack: Vertex[] = [];
  #mode: ResolveMode = "tbd";

  constructor(env: BtfVerifierEnv) {
    this.#env = env;
    this.#states = new Uint8Array(env.btf.nrTypes);
    env.btf.startResolution();
  }

  isResolved(id: number): boolean {
    return this.#states[id] === RESOLVED;
  }

  resolve(type: BtfType): 0 | number {
    const env = this.#env;
    const savedLogTypeId = env.logTypeId;
    this.#mode = "tbd";
    let err = this.#push(type);
    while (err === 0 && this.#stack.length > 0) {
      const vertex = this.#stack[this.#stack.length - 1]!;
      env.logTypeId = vertex.type.id;
      err = this.#step(vertex);
    }
    env.logTypeId = type.id;
    if (err === -E2BIG) env.logType(type, `Exceeded max resolving depth:${MAX_RESOLVE_DEPTH}`);
    else if (err === -EEXIST) env.logType(type, "Loop detected");
    if (err === 0 && !this.#isStateValid(type)) {
      env.logType(type, "Invalid resolve state");
      err = -EINVAL;
    }
    env.logTypeId = savedLogTypeId;
    return err;
  }

  #push(type: BtfType): 0 | number {
    if (this.#stack.length === MAX_RESOLVE_DEPTH) return -E2BIG;
    if (this.#states[type.id] !== NOT_VISITED) return -EEXIST;
    this.#states[type.id] = VISITED;
    this.#stack.push({ type, nextMember: 0 });
    if (this.#mode === "tbd") {
      if (type.kind === kinds.BTF_KIND_PTR) this.#mode = "ptr";
      else if (kinds.isStruct(type) || type.kind === kinds.BTF_KIND_ARRAY) {
        this.#mode = "struct-or-array";
      }
    }
    return 0;
  }

  /** @param size of an array, in bytes */
  #pop(resolvedId: number, size: number = 0): 0 {
    const { type } = this.#stack.pop()!;
    this.#env.btf.setResolution(type.id, resolvedId, size);
    this.#states[type.id] = RESOLVED;
    return 0;
  }

  /** @linux kernel/bpf/btf.c `env_type_is_resolve_sink` (6.18) */
  #isSink(type: BtfType): boolean {
    switch (this.#mode) {
      case "tbd":
        return !needsResolve(type);
      case "ptr":
        return !kinds.isModifier(type) && type.kind !== kinds.BTF_KIND_PTR;
      case "struct-or-array":
        return (
          !kinds.isModifier(type) && type.kind !== kinds.BTF_KIND_ARRAY && !kinds.isStruct(type)
        );
    }
  }

  #mustPush(type: BtfType): boolean {
    return !this.#isSink(type) && !this.isResolved(type.id);
  }

  #step(vertex: Vertex): 0 | number {
    const { type } = vertex;
    switch (type.kind) {
      case kinds.BTF_KIND_PTR:
        return this.#stepPtr(type);
      case kinds.BTF_KIND_ARRAY:
        return this.#stepArray(type);
      case kinds.BTF_KIND_STRUCT:
      case kinds.BTF_KIND_UNION:
        return this.#stepStruct(vertex, type);
      case kinds.BTF_KIND_VAR:
        return this.#stepVar(type);
      case kinds.BTF_KIND_FUNC:
        return this.#stepFunc(type);
      case kinds.BTF_KIND_DATASEC:
        return this.#stepDatasec(vertex, type);
      case kinds.BTF_KIND_DECL_TAG:
        return this.#stepDeclTag(type);
      default:
        return this.#stepModifier(type as kinds.BtfRef);
    }
  }

  #refuse(type: BtfType, message: string = "Invalid type_id"): number {
    this.#env.logType(type, message);
    return -EINVAL;
  }

  /** A type that may be referred to. */
  #target(id: number): BtfType | undefined {
    const type = this.#env.btf.typeById(id);
    return type === undefined || isSourceOnly(type) ? undefined : type;
  }

  /** @linux kernel/bpf/btf.c `btf_modifier_resolve` (6.18) */
  #stepModifier(type: kinds.BtfRef): 0 | number {
    const next = this.#target(type.type);
    if (next === undefined) return this.#refuse(type);
    if (this.#mustPush(next)) return this.#push(next);
    return this.#popToTarget(type, next);
  }

  /** @linux kernel/bpf/btf.c `btf_ptr_resolve` (6.18) */
  #stepPtr(type: kinds.BtfRef): 0 | number {
    const next = this.#target(type.type);
    if (next === undefined) return this.#refuse(type);
    if (this.#mustPush(next)) return this.#push(next);
    const behind = this.#pendingPtr(next);
    if (behind !== undefined) return this.#push(behind);
    return this.#popToTarget(type, next);
  }

  /** Modifiers that were resolved within a struct stop at a pointer, which may lead back here. */
  #pendingPtr(next: BtfType): BtfType | undefined {
    if (!kinds.isModifier(next)) return undefined;
    const resolved = this.#env.btf.resolvedType(next.id)!;
    const isPending = resolved.kind === kinds.BTF_KIND_PTR && this.#mustPush(resolved);
    return isPending ? resolved : undefined;
  }

  /** What has no size is fine where only a pointer or a name refers to it. */
  #popToTarget(type: BtfType, next: BtfType): 0 | number {
    const sized = this.#env.btf.typeIdSize(next.id);
    if (sized !== undefined) return this.#pop(sized.id);
    let target = next;
    if (this.isResolved(next.id)) target = this.#env.btf.resolvedType(next.id)!;
    switch (target.kind) {
      case kinds.BTF_KIND_UNKN:
      case kinds.BTF_KIND_FWD:
      case kinds.BTF_KIND_FUNC_PROTO:
        return this.#pop(target.id);
      default:
        return this.#refuse(type);
    }
  }

  /** @linux kernel/bpf/btf.c `btf_var_resolve` (6.18) */
  #stepVar(type: kinds.BtfVar): 0 | number {
    const next = this.#target(type.type);
    if (next === undefined) return this.#refuse(type);
    if (this.#mustPush(next)) return this.#push(next);
    const behind = this.#pendingPtr(next);
    if (behind !== undefined) return this.#push(behind);
    const sized = this.#env.btf.typeIdSize(next.id);
    return sized === undefined ? this.#refuse(type) : this.#pop(sized.id);
  }

  /** @linux kernel/bpf/btf.c `btf_array_resolve` (6.18) */
  #stepArray(type: kinds.BtfArray): 0 | number {
    const { btf } = this.#env;
    const index = this.#target(type.indexType);
    if (index === undefined || hasNoSize(index)) return this.#refuse(type, "Invalid index");
    if (this.#mustPush(index)) return this.#push(index);
    const indexInt = btf.typeIdSize(index.id)?.type;
    if (indexInt?.kind !== kinds.BTF_KIND_INT || !kinds.isRegularInt(indexInt)) {
      return this.#refuse(type, "Invalid index");
    }
    const elem = this.#target(type.elemType);
    if (elem === undefined || hasNoSize(elem)) return this.#refuse(type, "Invalid elem");
    if (this.#mustPush(elem)) return this.#push(elem);
    const sized = btf.typeIdSize(elem.id);
    if (sized === undefined) return this.#refuse(type, "Invalid elem");
    if (sized.type.kind === kinds.BTF_KIND_INT && !kinds.isRegularInt(sized.type)) {
      return this.#refuse(type, "Invalid array of int");
    }
    const size = sized.size * type.nelems;
    if (size > U32_MAX) return this.#refuse(type, "Array size overflows U32_MAX");
    return this.#pop(sized.id, size);
  }

  /** @linux kernel/bpf/btf.c `btf_struct_resolve` (6.18) */
  #stepStruct(vertex: Vertex, type: kinds.BtfStruct): 0 | number {
    const env = this.#env;
    const { members } = type;
    const last = members[vertex.nextMember - 1];
    if (last !== undefined) {
      const err = checkMember(env, type, last, env.btf.typeById(last.type)!);
      if (err !== 0) return err;
    }
    for (let i = vertex.nextMember; i < members.length; i++) {
      const member = members[i]!;
      const memberType = this.#target(member.type);
      if (memberType === undefined || hasNoSize(memberType)) {
        env.logMember(type, member, "Invalid member");
        return -EINVAL;
      }
      if (this.#mustPush(memberType)) {
        vertex.nextMember = i + 1;
        return this.#push(memberType);
      }
      const err = checkMember(env, type, member, memberType);
      if (err !== 0) return err;
    }
    return this.#pop(0);
  }

  /** @linux kernel/bpf/btf.c `btf_func_check` (6.18) */
  #stepFunc(type: kinds.BtfFunc): 0 | number {
    const proto = this.#env.btf.typeById(type.type);
    if (proto?.kind !== kinds.BTF_KIND_FUNC_PROTO) return this.#refuse(type);
    const unnamed = proto.params.findIndex((param) => param.nameOff === 0 && param.type !== 0);
    if (unnamed >= 0) return this.#refuse(type, `Invalid arg#${unnamed + 1}`);
    return this.#pop(type.type);
  }

  /** @linux kernel/bpf/btf.c `btf_datasec_resolve` (6.18) */
  #stepDatasec(vertex: Vertex, type: kinds.BtfDatasec): 0 | number {
    const env = this.#env;
    const refuse = (vsi: kinds.BtfVarSecinfo, message: string): number => {
      env.logVarSecinfo(type, vsi, message);
      return -EINVAL;
    };
    this.#mode = "tbd";
    for (let i = vertex.nextMember; i < type.vars.length; i++) {
      const vsi = type.vars[i]!;
      const variable = env.btf.typeById(vsi.type);
      if (variable?.kind !== kinds.BTF_KIND_VAR) return refuse(vsi, "Not a VAR kind member");
      if (this.#mustPush(variable)) {
        vertex.nextMember = i + 1;
        return this.#push(variable);
      }
      const sized = env.btf.typeIdSize(variable.type);
      if (sized === undefined) return refuse(vsi, "Invalid type");
      if (vsi.size < sized.size) return refuse(vsi, "Invalid size");
    }
    return this.#pop(0);
  }

  /** @linux kernel/bpf/btf.c `btf_decl_tag_resolve` (6.18) */
  #stepDeclTag(type: kinds.BtfDeclTag): 0 | number {
    const { btf } = this.#env;
    const next = btf.typeById(type.type);
    if (next === undefined || !isDeclTagTarget(next)) return this.#refuse(type);
    if (this.#mustPush(next)) return this.#push(next);
    const { componentIdx } = type;
    if (componentIdx !== -1) {
      if (next.kind === kinds.BTF_KIND_VAR || next.kind === kinds.BTF_KIND_TYPEDEF) {
        return this.#refuse(type, "Invalid component_idx");
      }
      const owner = kinds.isStruct(next) ? next : btf.typeById(next.sizeOrType)!;
      if (componentIdx >= owner.vlen) return this.#refuse(type, "Invalid component_idx");
    }
    return this.#pop(next.id);
  }

  /** @linux kernel/bpf/btf.c `btf_resolve_valid` (6.18) */
  #isStateValid(type: BtfType): boolean {
    if (!this.isResolved(type.id)) return false;
    switch (type.kind) {
      case kinds.BTF_KIND_STRUCT:
      case kinds.BTF_KIND_UNION:
      case kinds.BTF_KIND_DATASEC:
      case kinds.BTF_KIND_ARRAY:
        return true;
      case kinds.BTF_KIND_DECL_TAG:
      case kinds.BTF_KIND_FUNC:
        return this.#env.btf.resolvedType(type.id)?.id !== 0;
      default: {
        const target = this.#env.btf.resolvedType(type.id);
        if (target === undefined || kinds.isModifier(target)) return false;
        return target.kind !== kinds.BTF_KIND_VAR && target.kind !== kinds.BTF_KIND_DATASEC;
      }
    }
  }
}
