import { EACCES, EINVAL } from "../../include/errno.ts";
import { isFormatOk } from "../helpers/bprintf.ts";
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

const FMT_REGNO = 3;
const DATA_LEN_REGNO = 5;
const U64_BYTES = 8;

/** Whether the format and the number of its arguments fit. @linux kernel/bpf/verifier.c `check_bpf_snprintf_call` (6.18) */
export function checkSnprintfCall(env: VerifierEnv): 0 | number {
  const dataLen = env.frame.reg(DATA_LEN_REGNO).varOff.value.lo >>> 0;
  if (dataLen % U64_BYTES !== 0) return -EINVAL;
  const { map, off, varOff } = env.frame.reg(FMT_REGNO);
  const start = off + varOff.value.lo;
  const bytes = map!.readValue(start, map!.valueSize - start);
  const format = String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  if (isFormatOk(format, dataLen / U64_BYTES)) return 0;
  env.verbose("Invalid format string\n");
  return -EINVAL;
}
