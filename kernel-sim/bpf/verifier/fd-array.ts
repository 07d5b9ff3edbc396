/** Descriptors that a load brings along, which instructions name by their place among them. */
import { EFAULT, EINVAL, EPROTO } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { addUsedBtf } from "./pseudo-btf-id.ts";
import { addMap } from "./used-maps.ts";

const U32_MAX = 0xffff_ffff;
const FD_BYTES = 4;

/**
 * Whether all of them are maps and types, which the program then holds.
 *
 * @linux kernel/bpf/verifier.c `process_fd_array` (6.18)
 */
export function processFdArray(env: VerifierEnv): 0 | number {
  const { fdArray } = env.input;
  if (fdArray === undefined || fdArray.count === 0) return 0;
  if (fdArray.count >= Math.floor(U32_MAX / FD_BYTES)) {
    env.verbose(`fd_array_cnt is too big (${fdArray.count})\n`);
    return -EINVAL;
  }
  for (let i = 0; i < fdArray.count; i++) {
    const fd = fdArray.at(i);
    if (fd === undefined) return -EFAULT;
    const err = addFd(env, fd);
    if (err !== 0) return err;
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `add_fd_from_fd_array` (6.18) */
function addFd(env: VerifierEnv, fd: number): 0 | number {
  const map = env.input.mapOfFd(fd);
  if (typeof map !== "number") return Math.min(addMap(env, map), 0);
  const btf = env.input.btfOfFd?.(fd);
  if (btf === undefined || typeof btf === "number") {
    env.verbose(`fd ${fd} is not pointing to valid bpf_map or btf\n`);
    return map;
  }
  return addUsedBtf(env, btf);
}

/** The descriptor at a place, or a negative errno. */
export function fdAt(
  env: VerifierEnv,
  index: number,
  withoutArray: string,
): number | { readonly fd: number } {
  const { fdArray } = env.input;
  if (fdArray === undefined) {
    env.verbose(`${withoutArray} without fd_array is invalid\n`);
    return -EPROTO;
  }
  const fd = fdArray.at(index);
  return fd === undefined ? -EFAULT : { fd };
}
