import { E2BIG } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { checkMapProgCompatibility } from "./map-compat.ts";
import type { VerifierMap } from "./verifier-input.ts";

const MAX_USED_MAPS = 64;

/** The map behind a descriptor becomes one of the program's: its index, or a negative errno. @linux kernel/bpf/verifier.c `add_used_map` (6.18) */
export function addMapOfFd(env: VerifierEnv, fd: number): number {
  const map = env.input.mapOfFd(fd);
  if (typeof map !== "number") return addMap(env, map);
  env.verbose(`fd ${fd} is not pointing to valid bpf_map\n`);
  return map;
}

/** @linux kernel/bpf/verifier.c `__add_used_map` (6.18) */
export function addMap(env: VerifierEnv, map: VerifierMap): number {
  const known = env.usedMaps.indexOf(map);
  if (known >= 0) return known;
  if (env.usedMaps.length >= MAX_USED_MAPS) {
    env.verbose(`The total number of maps per program has reached the limit of ${MAX_USED_MAPS}\n`);
    return -E2BIG;
  }
  const err = checkMapProgCompatibility(env, map);
  if (err !== 0) return err;
  env.usedMaps.push(map);
  return env.usedMaps.length - 1;
}
