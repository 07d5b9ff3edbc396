import { E2BIG, EBUSY, EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import type { TrampolinePlace } from "../../trace/hooks.ts";
import { isKernelFunction } from "../../trace/kernel-functions.ts";
import type { BtfFuncProto } from "../btf/kinds.ts";
import type { BpfKernel } from "../kernel.ts";
import { trampolineKey } from "../ksyms.ts";
import type { LoadedProgram } from "../program.ts";
import * as uapi from "../uapi.ts";
import { BPF_LINK_TYPE_TRACING, KernelLink, type LinkOps, linkNewFd } from "./link.ts";

/** As many programs hang on one function. @linux include/linux/bpf.h `BPF_MAX_TRAMP_LINKS` (6.18) */
const LINKS_MAX = 38;

/** Where a link says that its program should hang, instead of where it was loaded for. */
export interface OtherTarget {
  readonly progFd: number;
  readonly btfId: number;
  /** The program behind the descriptor, or a negative errno. */
  prog(): LoadedProgram | number;
}

export const NO_OTHER_TARGET: OtherTarget = Object.freeze({
  progFd: 0,
  btfId: 0,
  prog: () => -EINVAL,
});

/**
 * Hangs a program on the function that it was loaded for; answers a descriptor.
 *
 * @linux kernel/bpf/syscall.c `bpf_tracing_prog_attach`, kernel/bpf/trampoline.c `bpf_trampoline_link_prog` (6.18)
 * @simplified what hangs on another program, or replaces a function of it, gets EOPNOTSUPP, and so does what was loaded
 * for a function that this kernel does not call
 */
export function tracingProgAttach(
  kernel: BpfKernel,
  prog: LoadedProgram,
  other: OtherTarget,
  cookie: bigint,
): number {
  if (!isAttachable(prog)) return -EINVAL;
  if ((other.progFd !== 0) !== (other.btfId !== 0)) return -EINVAL;
  if (other.progFd !== 0) {
    if (prog.type !== uapi.BPF_PROG_TYPE_EXT) return -EINVAL;
    const target = other.prog();
    if (typeof target === "number") return target;
  }
  const { funcName: func, prog: targetProg, funcProto } = prog.target;
  if (targetProg !== undefined || !isKernelFunction(func)) return -EOPNOTSUPP;
  const place = placeOf(prog, funcProto);
  const link = new KernelLink(
    BPF_LINK_TYPE_TRACING,
    tracingLinkOps(kernel, prog, cookie),
    prog,
    prog.expectedAttachType,
  );
  return linkNewFd(kernel, link, () => {
    const places = ["fentry", "fmod_ret", "fexit"].map((each) => `${each}:${func}`);
    const there = places.flatMap((each) => kernel.attached.at(each));
    if (there.length >= LINKS_MAX) return -E2BIG;
    if (there.some((each) => each.prog === prog)) return -EBUSY;
    if (!prog.isRunnable) return -EOPNOTSUPP;
    const hook = { kind: "trampoline", func, place } as const;
    kernel.ksyms.holdTrampoline(keyOf(prog));
    link.attachments = [kernel.attached.attach(prog, hook, cookie)];
    return 0;
  });
}

function isAttachable({ type, expectedAttachType }: LoadedProgram): boolean {
  switch (type) {
    case uapi.BPF_PROG_TYPE_TRACING:
      return PLACES[expectedAttachType] !== undefined;
    case uapi.BPF_PROG_TYPE_EXT:
      return expectedAttachType === 0;
    default:
      return type === uapi.BPF_PROG_TYPE_LSM && expectedAttachType === uapi.BPF_LSM_MAC;
  }
}

const PLACES: Readonly<Record<number, TrampolinePlace>> = {
  [uapi.BPF_TRACE_FENTRY]: "fentry",
  [uapi.BPF_TRACE_FEXIT]: "fexit",
  [uapi.BPF_MODIFY_RETURN]: "fmod_ret",
};

/** A hook without an answer has none that a program could give. @linux kernel/bpf/trampoline.c `bpf_attach_type_to_tramp` (6.18) */
function placeOf(
  { type, expectedAttachType }: LoadedProgram,
  proto: BtfFuncProto | undefined,
): TrampolinePlace {
  if (type !== uapi.BPF_PROG_TYPE_LSM) return PLACES[expectedAttachType]!;
  return proto?.type === 0 ? "fexit" : "fmod_ret";
}

const keyOf = ({ target }: LoadedProgram) => trampolineKey(target.btf?.id ?? 0, target.btfId);

/** @linux kernel/bpf/syscall.c `bpf_tracing_link_lops` (6.18) */
function tracingLinkOps(kernel: BpfKernel, prog: LoadedProgram, cookie: bigint): LinkOps {
  const { target } = prog;
  const objectId = target.btf?.id ?? 0;
  return {
    release: () => kernel.ksyms.releaseTrampoline(keyOf(prog)),
    fdinfo: ({ attachType }) =>
      `attach_type:\t${attachType}\ntarget_obj_id:\t${objectId}\ntarget_btf_id:\t${target.btfId}\ncookie:\t${cookie}\n`,
    fillInfo({ attachType }, info) {
      info.setUint32(16, attachType, true);
      info.setUint32(20, objectId, true);
      info.setUint32(24, target.btfId, true);
      info.setBigUint64(32, cookie, true);
      return 0;
    },
  };
}
