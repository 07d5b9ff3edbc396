import type { BpfError } from "../api.ts";
import { errnoName } from "../include/errno.ts";

/** @param errno positive */
export function makeBpfError(message: string, errno: number, log = ""): BpfError {
  const error = new Error(message);
  return Object.freeze(
    Object.defineProperties(error, {
      name: { value: "BpfError" },
      errno: { value: errno, enumerable: true },
      errnoName: { value: errnoName(errno), enumerable: true },
      log: { value: log },
    }),
  ) as BpfError;
}
