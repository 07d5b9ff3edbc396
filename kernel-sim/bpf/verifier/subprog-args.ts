/** What the BTF of a function says about its arguments, in the verifier's words. */
import { EFAULT, EINVAL, ENOENT, EOPNOTSUPP } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_UNION,
  BTF_VOID,
  type BtfFunc,
  type BtfFuncProto,
  type BtfRef,
  type BtfType,
  isEnum,
} from "../btf/kinds.ts";
import { btfTypeStr } from "../btf/type-text.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { funcOfSubprog, funcProtoOfSubprog, isSubprogGlobal } from "./btf-info.ts";
import { isProgCtxType, validateProgCtxType } from "./ctx/btf-name.ts";
import type { VerifierEnv } from "./env.ts";
import {
  ARG_ANYTHING,
  ARG_PTR_TO_ARENA,
  ARG_PTR_TO_BTF_ID,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_DYNPTR,
  ARG_PTR_TO_MEM,
} from "./func-proto.ts";
import { MEM_RDONLY, PTR_MAYBE_NULL, PTR_TRUSTED, PTR_UNTRUSTED } from "./reg-type.ts";

/** @linux include/linux/bpf_verifier.h `struct bpf_subprog_arg_info` (6.18) */
export interface SubprogArg {
  readonly argType: number;
  /** In bytes, for a pointer to memory. */
  readonly memSize: number;
  /** The kernel's structure that it points to, for a pointer to an object of the kernel. */
  readonly btfType: string;
}

const MAX_BPF_FUNC_REG_ARGS = 5;

/**
 * Notes in the function's `args` what it takes.
 *
 * @returns 0, -EINVAL for BTF that no argument can be read from, -EFAULT for worse
 * @linux kernel/bpf/btf.c `btf_prepare_func_args` (6.18)
 */
export function prepareFuncArgs(env: VerifierEnv, subprog: number): 0 | number {
  const info = env.subprogs[subprog]!;
  if (info.args !== undefined) return 0;
  const func = funcOfSubprog(env, subprog);
  const proto = funcProtoOfSubprog(env, subprog);
  const btf = env.progBtf;
  if (func === undefined || proto === undefined || btf === undefined) {
    env.verifierBug("func_info undefined");
    return -EFAULT;
  }
  if (info.isUnreliable) {
    env.verifierBug(`unreliable BTF for function ${btf.nameOf(func)}()`);
    return -EFAULT;
  }
  const args = new ArgReader(env, btf, func, isSubprogGlobal(env, subprog)).read(proto);
  if (typeof args === "number") return args;
  info.args = args;
  return 0;
}

class ArgReader {
  readonly #env: VerifierEnv;
  readonly #btf: Btf;
  readonly #func: BtfFunc;
  readonly #name: string;
  readonly #isGlobal: boolean;

  constructor(env: VerifierEnv, btf: Btf, func: BtfFunc, isGlobal: boolean) {
    this.#env = env;
    this.#btf = btf;
    this.#func = func;
    this.#name = btf.nameOf(func);
    this.#isGlobal = isGlobal;
  }

  read(proto: BtfFuncProto): SubprogArg[] | number {
    const { params } = proto;
    if (params.length > MAX_BPF_FUNC_REG_ARGS) {
      return this.#refuseGlobal(
        `Global function ${this.#name}() with ${params.length} > ${MAX_BPF_FUNC_REG_ARGS} args. Buggy compiler.\n`,
      );
    }
    if (!isScalar(this.#btf.skipModifiers(proto.type) ?? BTF_VOID)) {
      return this.#refuseGlobal(
        `Global function ${this.#name}() doesn't return scalar. Only those are supported.\n`,
      );
    }
    const args: SubprogArg[] = [];
    for (const [i, param] of params.entries()) {
      const arg = this.#readOne(i, this.#btf.skipModifiers(param.type) ?? BTF_VOID);
      if (typeof arg === "number") return arg;
      args.push(arg);
    }
    return args;
  }

  /** Of a static function it does not matter: its calls are followed. */
  #refuseGlobal(text: string): number {
    return this.#isGlobal ? this.#refuse(text) : -EINVAL;
  }

  #refuse(text: string, errno = EINVAL): number {
    this.#env.verbose(text);
    return -errno;
  }

  #readOne(i: number, type: BtfType): SubprogArg | number {
    const tags = this.#readTags(i);
    if (typeof tags === "number") return tags;
    if (type.kind === BTF_KIND_PTR) {
      const pointer = this.#readPointer(i, type, tags);
      if (pointer !== undefined) return pointer;
    }
    if (tags.size > 0) return this.#refuse(`arg#${i} has pointer tag, but is not a pointer type\n`);
    if (isScalar(type)) return simple(ARG_ANYTHING);
    return this.#refuseGlobal(
      `Arg#${i} type ${btfTypeStr(type)} in ${this.#name}() is not supported yet.\n`,
    );
  }

  #readTags(i: number): ReadonlySet<string> | number {
    const tags = new Set<string>();
    for (const tag of this.#btf.declTagsOf(this.#func.id, i)) {
      if (!tag.startsWith(TAG_PREFIX)) continue;
      if (!this.#isGlobal) {
        return this.#refuse(`arg#${i} type tag is not supported in static functions\n`, EOPNOTSUPP);
      }
      const name = tag.slice(TAG_PREFIX.length);
      if (!TAGS.includes(name)) {
        return this.#refuse(`arg#${i} has unsupported set of tags\n`, EOPNOTSUPP);
      }
      tags.add(name);
    }
    return tags;
  }

  /** undefined: a static function's pointer to something. */
  #readPointer(
    i: number,
    type: BtfRef,
    tags: ReadonlySet<string>,
  ): SubprogArg | number | undefined {
    const isTagged = tags.has("ctx");
    if (isTagged || isProgCtxType(this.#env, this.#btf, type)) {
      if (tags.size > (isTagged ? 1 : 0)) return this.#invalidTags(i);
      const err = isTagged ? validateProgCtxType(this.#env, this.#btf, type, i) : 0;
      return err !== 0 ? err : simple(ARG_PTR_TO_CTX);
    }
    if (isDynptr(this.#btf, type)) {
      return tags.size > 0 ? this.#invalidTags(i) : simple(ARG_PTR_TO_DYNPTR | MEM_RDONLY);
    }
    if (tags.has("trusted")) return this.#readTrusted(i, type, tags);
    if (tags.has("untrusted")) return this.#readUntrusted(i, type, tags);
    if (tags.has("arena")) {
      if (tags.size > 1) {
        return this.#refuse(`arg#${i} arena cannot be combined with any other tags\n`);
      }
      return simple(ARG_PTR_TO_ARENA);
    }
    return this.#isGlobal ? this.#readMemory(i, type, tags) : undefined;
  }

  /** A pointer to an object that the kernel holds for the program. */
  #readTrusted(i: number, type: BtfRef, tags: ReadonlySet<string>): SubprogArg | number {
    if (tags.has("nonnull")) return this.#invalidTags(i);
    const struct = this.#kernelType(i, type);
    if (typeof struct === "number") return struct;
    const maybeNull = tags.has("nullable") ? PTR_MAYBE_NULL : 0;
    const argType = ARG_PTR_TO_BTF_ID | PTR_TRUSTED | maybeNull;
    return { argType, memSize: 0, btfType: btfVmlinux().nameOf(struct) };
  }

  /** A pointer to whatever: it is only read, and a fault answers 0. */
  #readUntrusted(i: number, type: BtfRef, tags: ReadonlySet<string>): SubprogArg | number {
    if (tags.size > 1) {
      return this.#refuse(`arg#${i} untrusted cannot be combined with any other tags\n`);
    }
    const target = this.#btf.skipModifiers(type.type) ?? BTF_VOID;
    if (target.id === 0 || isScalar(target)) {
      return simple(ARG_PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED);
    }
    const struct = this.#kernelType(i, type);
    if (typeof struct === "number") return struct;
    if (!isStruct(struct)) {
      const what = `type ${btfTypeStr(struct)} '${btfVmlinux().nameOf(struct)}'`;
      return this.#refuse(`arg#${i} has ${what}, but only struct or primitive types are allowed\n`);
    }
    const argType = ARG_PTR_TO_BTF_ID | PTR_UNTRUSTED;
    return { argType, memSize: 0, btfType: btfVmlinux().nameOf(struct) };
  }

  /**
   * The kernel's type of the same kind and name: what follows three underscores is the program's own.
   *
   * @linux kernel/bpf/btf.c `btf_get_ptr_to_btf_id` (6.18)
   */
  #kernelType(i: number, type: BtfRef): BtfType | number {
    const target = this.#btf.skipModifiers(type.type) ?? BTF_VOID;
    const name = this.#btf.nameOf(target);
    const where = `arg#${i} reference type('${btfTypeStr(target)} ${name || "(anon)"}')`;
    if (name === "") return this.#refuse(`${where} candidate matching error: -${EINVAL}\n`);
    const essential = name.replace(/(?<=[^_])___[^_].*$/, "");
    const found = btfVmlinux().findByNameKind(essential, target.kind);
    return found ?? this.#refuse(`${where} has no matches\n`, ENOENT);
  }

  #invalidTags(i: number): number {
    return this.#refuse(`arg#${i} has invalid combination of tags\n`);
  }

  /** A pointer to data of a known size. */
  #readMemory(i: number, type: BtfRef, tags: ReadonlySet<string>): SubprogArg | number {
    if (tags.has("nullable")) return this.#invalidTags(i);
    const target = this.#btf.skipModifiers(type.type) ?? BTF_VOID;
    const resolved = this.#btf.resolveSize(target);
    if (resolved === undefined) {
      const what = `('${btfTypeStr(target)} ${this.#btf.nameOf(target)}')`;
      return this.#refuse(`arg#${i} reference type${what} size cannot be determined: -${EINVAL}\n`);
    }
    const maybeNull = tags.has("nonnull") ? 0 : PTR_MAYBE_NULL;
    return { argType: ARG_PTR_TO_MEM | maybeNull, memSize: resolved.size, btfType: "" };
  }
}

const TAG_PREFIX = "arg:";
const TAGS: readonly string[] = ["ctx", "trusted", "untrusted", "nonnull", "nullable", "arena"];

function isScalar(type: BtfType): boolean {
  return type.kind === BTF_KIND_INT || isEnum(type);
}

function simple(argType: number): SubprogArg {
  return { argType, memSize: 0, btfType: "" };
}

/** @linux kernel/bpf/btf.c `btf_is_dynptr_ptr` (6.18) */
function isDynptr(btf: Btf, ptr: BtfRef): boolean {
  const target = btf.skipModifiers(ptr.type) ?? BTF_VOID;
  const isForward = target.kind === BTF_KIND_FWD && !target.kflag;
  return (isStruct(target) || isForward) && btf.nameOf(target) === "bpf_dynptr";
}

function isStruct({ kind }: BtfType): boolean {
  return kind === BTF_KIND_STRUCT || kind === BTF_KIND_UNION;
}
