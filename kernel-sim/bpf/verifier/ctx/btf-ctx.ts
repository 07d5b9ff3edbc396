/** Contexts that are the arguments of a function of the kernel, of a tracepoint, or of another program. */
import type { Btf } from "../../btf/btf.ts";
import {
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_TYPE_TAG,
  BTF_VOID,
  type BtfFuncProto,
  type BtfParam,
  type BtfRef,
  type BtfType,
  isEnum,
  isSmallInt,
  isStruct,
} from "../../btf/kinds.ts";
import { btfTypeStr } from "../../btf/type-text.ts";
import * as uapi from "../../uapi.ts";
import type { VerifierEnv } from "../env.ts";
import { kernelCtxStruct } from "../kfunc-ctx.ts";
import { isTrustedHook } from "../lsm-hooks.ts";
import { mayRawTracepointArgBeNull } from "../raw-tracepoint-args.ts";
import {
  baseType,
  MEM_PERCPU,
  MEM_USER,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TRUSTED,
  typeMayBeNull,
} from "../reg-type.ts";
import { type CtxAccess, type CtxRequest, isAlignedIn, isRead, SCALAR } from "./access.ts";
import { isProgCtxType } from "./btf-name.ts";

const U64_BYTES = 8;
/** @linux include/linux/bpf.h `MAX_BPF_FUNC_ARGS`, `MAX_BPF_FUNC_REG_ARGS` (6.18) */
const MAX_BPF_FUNC_ARGS = 12;
const MAX_BPF_FUNC_REG_ARGS = 5;

/** @linux include/linux/bpf.h `bpf_tracing_btf_ctx_access` (6.18) */
export function tracingIsValidAccess(request: CtxRequest, env: VerifierEnv): CtxAccess | undefined {
  const isInside = isRead(request) && isAlignedIn(request, MAX_BPF_FUNC_ARGS * U64_BYTES);
  return isInside ? btfCtxAccess(request, env) : undefined;
}

/**
 * What a load at an offset gets: an argument, or at the end what the function answers.
 *
 * @linux kernel/bpf/btf.c `btf_ctx_access` (6.18)
 */
export function btfCtxAccess(request: CtxRequest, env: VerifierEnv): CtxAccess | undefined {
  return new ArgAccess(request, env).run();
}

class ArgAccess {
  readonly #request: CtxRequest;
  readonly #env: VerifierEnv;
  readonly #btf: Btf;
  readonly #proto: BtfFuncProto | undefined;

  constructor(request: CtxRequest, env: VerifierEnv) {
    this.#request = request;
    this.#env = env;
    this.#btf = (env.attach.prog === undefined ? env.attach.btf : env.attach.prog.btf)!;
    this.#proto = env.attachFuncProto;
  }

  run(): CtxAccess | undefined {
    const { off } = this.#request;
    if (off % U64_BYTES !== 0) return this.#refuse(`offset ${off} is not multiple of 8`);
    const arg = argIndex(this.#btf, this.#proto, off);
    const isTracepoint = this.#env.expectedAttachType === uapi.BPF_TRACE_RAW_TP;
    // Of a tracepoint the first argument is the kernel's own.
    const skipped = isTracepoint ? 1 : 0;
    const count = (this.#proto?.params.length ?? MAX_BPF_FUNC_REG_ARGS) - skipped;
    if (arg > count) return this.#noArgument(arg);
    if (arg === count) return this.#answer(arg);
    // Nothing is known of it but that it is a number.
    if (this.#proto === undefined) return SCALAR;
    const param = this.#proto.params[arg + skipped]!;
    return this.#value(arg, param.type, param);
  }

  #refuse(problem: string): undefined {
    this.#env.verbose(`func '${this.#env.attachFuncName}' ${problem}\n`);
    return undefined;
  }

  #noArgument(arg: number): undefined {
    return this.#refuse(`doesn't have ${arg + 1}-th argument`);
  }

  /** What the function has answered. */
  #answer(arg: number): CtxAccess | undefined {
    const proto = this.#proto;
    switch (this.#env.expectedAttachType) {
      case uapi.BPF_LSM_MAC:
        return this.#result(arg, true);
      case uapi.BPF_LSM_CGROUP:
      case uapi.BPF_TRACE_FEXIT:
        return this.#result(arg, false);
      case uapi.BPF_MODIFY_RETURN: {
        if (proto === undefined) return undefined;
        const type = this.#btf.skipModifiers(proto.type) ?? BTF_VOID;
        if (isSmallInt(type)) return SCALAR;
        this.#env.verbose(`ret type ${btfTypeStr(type)} not allowed for fmod_ret\n`);
        return undefined;
      }
      default:
        return this.#noArgument(arg);
    }
  }

  #result(arg: number, isRetval: boolean): CtxAccess | undefined {
    const proto = this.#proto;
    const value = proto === undefined ? SCALAR : this.#value(arg, proto.type, undefined);
    return value !== undefined && isRetval ? { ...value, isRetval } : value;
  }

  #value(arg: number, id: number, param: BtfParam | undefined): CtxAccess | undefined {
    const type = this.#btf.skipModifiers(id) ?? BTF_VOID;
    if (isSmallInt(type) || isEnum(type) || isStruct(type)) return SCALAR;
    if (type.kind !== BTF_KIND_PTR) {
      const name = type.nameOff === 0 ? "(anon)" : this.#btf.nameOf(type);
      return this.#refuse(
        `arg${arg} '${name}' has type ${btfTypeStr(type)}. Only pointer access is allowed`,
      );
    }
    const { size } = this.#request;
    if (size !== U64_BYTES) return this.#refuse(`size ${size} must be 8`);
    return this.#pointer(arg, type, param);
  }

  #pointer(arg: number, pointer: BtfRef, param: BtfParam | undefined): CtxAccess | undefined {
    const info = this.#env.ctxArgInfo.find(({ offset }) => offset === this.#request.off);
    const isBuffer = baseType(info?.regType ?? 0) === PTR_TO_BUF;
    if (info !== undefined && isBuffer && typeMayBeNull(info.regType)) return info;
    const target = this.#btf.skipModifiers(pointer.type) ?? BTF_VOID;
    // Nobody can go on from there.
    if (target.id === 0 || target.kind === BTF_KIND_INT) return SCALAR;
    if (info !== undefined) return info;
    return this.#env.attach.prog === undefined
      ? this.#object(arg, pointer, target, param)
      : this.#context(pointer);
  }

  /** A pointer of another program's, which is only known if it is one to its context. */
  #context(pointer: BtfRef): CtxAccess | undefined {
    const target = this.#env.attach.prog!;
    const progType = target.extendedType ?? target.type;
    if (!isProgCtxType({ progType }, this.#btf, pointer)) return undefined;
    const struct = kernelCtxStruct(progType);
    return struct === undefined ? undefined : { regType: PTR_TO_BTF_ID, btfType: struct };
  }

  #object(
    arg: number,
    pointer: BtfRef,
    target: BtfType,
    param: BtfParam | undefined,
  ): CtxAccess | undefined {
    const env = this.#env;
    // Of structures that this kernel does not declare in full, only the name is known.
    if (!isStruct(target) && target.kind !== BTF_KIND_FWD) {
      return this.#refuse(`arg${arg} type ${btfTypeStr(target)} is not a struct`);
    }
    const name = this.#btf.nameOf(target);
    const kind = target.kind === BTF_KIND_FWD ? "STRUCT" : btfTypeStr(target);
    env.verbose(
      `func '${env.attachFuncName}' arg${arg} has btf_id ${target.id} type ${kind} '${name}'\n`,
    );
    const isNullable = param !== undefined && this.#btf.nameOf(param).endsWith("__nullable");
    const maybeNull = isNullable || this.#mayBeNull(arg) ? PTR_MAYBE_NULL : 0;
    const trust = areArgsTrusted(env) ? PTR_TRUSTED : 0;
    const regType = PTR_TO_BTF_ID | trust | maybeNull | this.#tagOf(pointer);
    return { regType, btfType: name };
  }

  #mayBeNull(arg: number): boolean {
    const { expectedAttachType, attachFuncName } = this.#env;
    const isTracepoint = expectedAttachType === uapi.BPF_TRACE_RAW_TP;
    return isTracepoint && mayRawTracepointArgBeNull(attachFuncName, arg);
  }

  #tagOf(pointer: BtfRef): number {
    const tag = this.#btf.typeById(pointer.type);
    if (tag?.kind !== BTF_KIND_TYPE_TAG || tag.kflag) return 0;
    const name = this.#btf.nameOf(tag);
    return name === "user" ? MEM_USER : name === "percpu" ? MEM_PERCPU : 0;
  }
}

/** @linux kernel/bpf/btf.c `btf_ctx_arg_idx` (6.18) */
function argIndex(btf: Btf, proto: BtfFuncProto | undefined, off: number): number {
  if (proto === undefined) return off / U64_BYTES;
  const { params } = proto;
  let end = 0;
  for (const [i, { type }] of params.entries()) {
    end += slotBytes(btf.skipModifiers(type));
    if (off < end) return i;
  }
  end += slotBytes(btf.skipModifiers(proto.type));
  return off < end ? params.length : params.length + 1;
}

function slotBytes(type: BtfType | undefined): number {
  if (type === undefined) return 0;
  if (type.kind === BTF_KIND_PTR) return U64_BYTES;
  const bytes = "size" in type ? type.size : type.sizeOrType;
  return Math.ceil(bytes / U64_BYTES) * U64_BYTES;
}

/** @linux kernel/bpf/btf.c `prog_args_trusted` (6.18) */
function areArgsTrusted({ progType, expectedAttachType, attachFuncName }: VerifierEnv): boolean {
  switch (progType) {
    case uapi.BPF_PROG_TYPE_TRACING:
      return (
        expectedAttachType === uapi.BPF_TRACE_RAW_TP || expectedAttachType === uapi.BPF_TRACE_ITER
      );
    case uapi.BPF_PROG_TYPE_LSM:
      return isTrustedHook(attachFuncName);
    case uapi.BPF_PROG_TYPE_STRUCT_OPS:
      return true;
    default:
      return false;
  }
}
