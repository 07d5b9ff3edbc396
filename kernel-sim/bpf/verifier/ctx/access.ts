import type { VerifierEnv } from "../env.ts";
import { SCALAR_VALUE } from "../reg-type.ts";
import { BPF_READ } from "../region-access.ts";

/** An access of a program to its context. */
export interface CtxRequest {
  readonly off: number;
  /** In bytes. */
  readonly size: number;
  /** BPF_READ or BPF_WRITE. */
  readonly access: number;
  /** The load extends the sign. */
  readonly isLdsx: boolean;
  readonly expectedAttachType: number;
  /** The loading task has CAP_BPF. */
  readonly isBpfCapable: boolean;
}

/** What an allowed load answers. @linux include/linux/bpf.h `struct bpf_insn_access_aux` (6.18) */
export interface CtxAccess {
  readonly regType: number;
  /** Of a kernel object: its structure. */
  readonly btfType: string;
  /** The program's own reference to it. */
  readonly refObjId?: number;
  /** It is what the function has answered that the program is attached to. */
  readonly isRetval?: boolean;
}

/** Says what an access reaches, undefined when it is not allowed. */
export type IsValidAccess = (request: CtxRequest, env: VerifierEnv) => CtxAccess | undefined;

export const SCALAR: CtxAccess = { regType: SCALAR_VALUE, btfType: "" };

export function ctxPointer(regType: number): CtxAccess {
  return { regType, btfType: "" };
}

export function isRead({ access }: CtxRequest): boolean {
  return access === BPF_READ;
}

/** Inside a context of `bytes`, at a multiple of its size. */
export function isAlignedIn({ off, size }: CtxRequest, bytes: number): boolean {
  return off >= 0 && off < bytes && off % size === 0;
}

/** Part of a field may be read. @linux include/linux/filter.h `bpf_ctx_narrow_access_ok` (6.18) */
export function narrowAccessOk({ size }: CtxRequest, fieldSize: number): boolean {
  return size <= fieldSize;
}

/** Whether `off` lies in the field of `size` bytes at `start`. */
export function isWithin(off: number, start: number, size: number): boolean {
  return off >= start && off < start + size;
}
