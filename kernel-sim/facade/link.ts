import type { AttachOptions, BpfLink } from "../api.ts";
import { BTF_KIND_FUNC } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import type { BpfKernel, BpfObject } from "../bpf/kernel.ts";
import { ITER_INFO_BYTES, iterFileOf, iterLink } from "../bpf/link/iter.ts";
import { BPF_LINK_TYPE_NAMES, KernelLink } from "../bpf/link/link.ts";
import { perfEventOf, perfLinkAttach } from "../bpf/link/perf-event.ts";
import { rawTpLinkAttach } from "../bpf/link/raw-tracepoint.ts";
import { NO_OTHER_TARGET, tracingProgAttach } from "../bpf/link/tracing-link.ts";
import { LoadedProgram } from "../bpf/program.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_NAMES,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_XDP,
  BPF_TRACE_ITER,
  BPF_TRACE_RAW_TP,
} from "../bpf/uapi.ts";
import {
  EACCES,
  EBADF,
  EBUSY,
  EEXIST,
  EINVAL,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
} from "../include/errno.ts";
import { tracepointFormat } from "../trace/formats.ts";
import { isKernelFunction } from "../trace/kernel-functions.ts";
import { makeBpfError } from "./bpf-error.ts";
import { facade } from "./facade.ts";

/** The only device. */
const LOOPBACK = "lo";

/** Gives an object a name in a bpffs; 0 or a negative errno. */
export type PinObject = (path: string, object: BpfObject) => number;

/**
 * Attaches a program to `target`: of a tracepoint program `sched:sched_switch`, of one for raw tracepoints
 * `sched_switch`, of a probe the name of a function of the kernel, with `isReturn` where it returns. Programs for
 * tracing and LSM hang where they were loaded for.
 *
 * @throws a BpfError when the program or the name does not fit
 */
export function attach(
  kernel: BpfKernel,
  pin: PinObject,
  prog: LoadedProgram,
  target: string | undefined,
  options: AttachOptions,
): BpfLink {
  const fd = attachTo(kernel, prog, target, options);
  const link = kernel.files.get(fd);
  if (link instanceof KernelLink) return linkFacade(kernel, pin, fd, link);
  const where = target ?? prog.target.funcName;
  throw makeBpfError(whyNot(fd, BPF_PROG_TYPE_NAMES[prog.type]!, where), -fd);
}

/** A descriptor of a link, or a negative errno. */
function attachTo(
  kernel: BpfKernel,
  prog: LoadedProgram,
  target: string | undefined,
  { isReturn = false, cookie = 0, map }: AttachOptions,
): number {
  const wide = BigInt.asUintN(64, BigInt(cookie));
  if (prog.type === BPF_PROG_TYPE_TRACING || prog.type === BPF_PROG_TYPE_LSM) {
    if (target !== undefined) return -EINVAL;
    if (prog.expectedAttachType === BPF_TRACE_ITER) {
      const info = new DataView(new ArrayBuffer(ITER_INFO_BYTES));
      info.setInt32(0, map === undefined ? 0 : Number(map.fd), true);
      return iterLink(kernel, kernel.ownFiles, info, prog);
    }
    return prog.expectedAttachType === BPF_TRACE_RAW_TP
      ? rawTpLinkAttach(kernel, prog, prog.target.funcName, wide)
      : tracingProgAttach(kernel, prog, NO_OTHER_TARGET, wide);
  }
  if (target === undefined) return -EINVAL;
  switch (prog.type) {
    case BPF_PROG_TYPE_TRACEPOINT: {
      const format = tracepointFormat(target);
      if (format === undefined) return -ENOENT;
      const event = perfEventOf({ kind: "tracepoint", event: target, format });
      return perfLinkAttach(kernel, prog, event, wide);
    }
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
      return rawTpLinkAttach(kernel, prog, target, wide);
    case BPF_PROG_TYPE_KPROBE: {
      const event = perfEventOf({ kind: "kprobe", func: target, isReturn });
      if (isKernelFunction(target)) return perfLinkAttach(kernel, prog, event, wide);
      // Linux has it, but nobody here calls it.
      const isDeclared = btfVmlinux().findByNameKind(target, BTF_KIND_FUNC) !== undefined;
      return isDeclared ? -EOPNOTSUPP : -ENOENT;
    }
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_SCHED_CLS:
      // Packets do not go through devices yet.
      return target === LOOPBACK ? -EOPNOTSUPP : -ENODEV;
    default:
      return -EINVAL;
  }
}

function linkFacade(
  kernel: BpfKernel,
  pinObject: PinObject,
  fd: number,
  link: KernelLink,
): BpfLink {
  const { id, type, attachments } = link;
  const assertThere = () => {
    if (kernel.objects.byId("link", id) === link) return;
    throw makeBpfError("the link has gone: nothing holds it any more", EBADF);
  };
  return facade({
    id,
    type: BPF_LINK_TYPE_NAMES[type]!,
    get runs() {
      return attachments.reduce((sum, each) => sum + each.runs, 0);
    },
    detach() {
      kernel.ownFiles.closeFd(fd);
    },
    update({ fd: progFd }) {
      assertThere();
      const prog = kernel.ownFiles.get(progFd);
      const isProg = prog instanceof LoadedProgram;
      const err = isProg ? (link.ops.updateProg?.(link, prog, undefined) ?? -EINVAL) : -EINVAL;
      if (err !== 0) throw makeBpfError("the link does not take this program", -err);
    },
    pin(path) {
      assertThere();
      const err = pinObject(String(path), link);
      if (err !== 0) throw makeBpfError(`the link cannot be pinned at "${String(path)}"`, -err);
    },
    read() {
      assertThere();
      return readAll(kernel, link);
    },
  });
}

/** @throws a TypeError for a link that is no iterator's, a BpfError for what its program answers */
function readAll(kernel: BpfKernel, link: KernelLink): string {
  const file = iterFileOf(kernel, link);
  if (file === -EINVAL) throw new TypeError("only the link of an iterator can be read");
  if (typeof file === "number") throw makeBpfError("the iterator cannot be opened", -file);
  let text = "";
  for (;;) {
    const piece = file.read(PIECE_BYTES);
    if (typeof piece !== "number" && piece.length > 0) {
      text += String.fromCharCode(...piece);
      continue;
    }
    file.end();
    if (typeof piece !== "number") return text;
    throw makeBpfError("the iterator cannot be read", -piece);
  }
}

const PIECE_BYTES = 4096;

function whyNot(errno: number, type: string, target: string): string {
  switch (errno) {
    case -EINVAL:
      return `a ${type} program cannot be attached to "${target}"`;
    case -EACCES:
      return `the program reads more than "${target}" gives it`;
    case -EEXIST:
    case -EBUSY:
      return `the program is attached to "${target}" already`;
    case -ENODEV:
      return `there is no device "${target}"`;
    case -EOPNOTSUPP:
      return `the machine does not come to "${target}", or the program calls a helper that it can only check`;
    default:
      return `there is no "${target}" that a ${type} program could be attached to`;
  }
}
