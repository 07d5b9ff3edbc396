import { EFAULT } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { prepareFuncExit } from "./func-call.ts";
import { pushStack } from "./paths.ts";

/**
 * An instruction that may end its function: later it is followed to the next one, now to the
 * caller, if there is one.
 *
 * @param answer puts into r0 what the function answers then
 * @linux kernel/bpf/verifier.c `check_helper_call`, `check_ld_abs` (6.18.44)
 */
export function returnEarly(env: VerifierEnv, answer: () => void): 0 | number {
  if (env.curState.curframe === 0) return 0;
  env.markRegScratched(0);
  if (pushStack(env, env.insnIdx + 1, env.insnIdx) === null) return -EFAULT;
  answer();
  env.liveness.update();
  const err = prepareFuncExit(env);
  if (err !== 0) return err;
  // It is counted up once more.
  env.insnIdx--;
  return 0;
}
