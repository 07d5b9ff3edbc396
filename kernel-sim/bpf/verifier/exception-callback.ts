import { EEXIST, EINVAL, ENOENT } from "../../include/errno.ts";
import { BTF_FUNC_GLOBAL, BTF_KIND_FUNC, type BtfFunc } from "../btf/kinds.ts";
import { funcOfSubprog } from "./btf-info.ts";
import type { VerifierEnv } from "./env.ts";

const TAG = "exception_callback:";

/**
 * Where the function starts that a decl tag of the program's main function names as the one that
 * catches exceptions; 0: no tag does.
 *
 * @linux kernel/bpf/verifier.c `bpf_find_exception_callback_insn_off` (6.18)
 */
export function exceptionCallbackInsnOff(env: VerifierEnv): number {
  const main = funcOfSubprog(env, 0);
  const btf = env.progBtf;
  if (main === undefined || btf === undefined) return 0;
  const tags = btf.declTagsOf(main.id, -1).filter((tag) => tag.startsWith(TAG));
  if (tags.length === 0) return 0;
  if (tags.length > 1)
    return refuse(env, "multiple exception callback tags for main subprog\n", EEXIST);
  const name = tags[0]!.slice(TAG.length);
  const func = btf.findByNameKind(name, BTF_KIND_FUNC);
  if (func === undefined) {
    return refuse(env, `exception callback '${name}' could not be found in BTF\n`, ENOENT);
  }
  if ((func as BtfFunc).linkage !== BTF_FUNC_GLOBAL) {
    return refuse(env, `exception callback '${name}' must have global linkage\n`);
  }
  const info = env.funcInfo.find(({ typeId }) => typeId === func.id);
  if (info === undefined) {
    return refuse(env, "exception callback type id not found in func_info\n");
  }
  if (info.insnOff !== 0) return info.insnOff;
  return refuse(env, "invalid exception callback insn_off in func_info: 0\n");
}

function refuse(env: VerifierEnv, text: string, errno = EINVAL): number {
  env.verbose(text);
  return -errno;
}
