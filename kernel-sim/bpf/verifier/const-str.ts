import { EACCES, EINVAL } from "../../include/errno.ts";
import { BPF_MAP_TYPE_ARRAY } from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import { checkHelperMemAccess } from "./helper-memory.ts";
import { BPF_READ } from "./region-access.ts";
import { tnumIsConst } from "./tnum.ts";

const BPF_F_RDONLY_PROG = 1 << 7;

/** A string that nobody can change any more. @linux kernel/bpf/verifier.c `check_reg_const_str` (6.18) */
export function checkConstStr(env: VerifierEnv, regno: number): 0 | number {
  const reg = env.frame.reg(regno);
  const map = reg.map!;
  if ((map.flags & BPF_F_RDONLY_PROG) === 0 || !map.frozen) {
    env.verbose(`R${regno} does not point to a readonly map'\n`);
    return -EACCES;
  }
  if (!tnumIsConst(reg.varOff)) {
    env.verbose(`R${regno} is not a constant address'\n`);
    return -EACCES;
  }
  if (map.type !== BPF_MAP_TYPE_ARRAY) {
    env.verbose("no direct value access support for this map type\n");
    return -EACCES;
  }
  const err = checkHelperMemAccess(env, regno, map.valueSize - reg.off, BPF_READ, false, null);
  if (err !== 0) return err;
  const off = reg.off + reg.varOff.value.lo;
  if (map.maxEntries !== 1) {
    env.verbose("direct value access on string failed\n");
    return -EINVAL;
  }
  if (!map.readValue(off, map.valueSize - off).includes(0)) {
    env.verbose("string is not zero-terminated\n");
    return -EINVAL;
  }
  return 0;
}
