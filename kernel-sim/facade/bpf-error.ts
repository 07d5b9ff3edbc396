import type { BpfError, RefusalExplanation } from "../api.ts";
import { errnoName } from "../include/errno.ts";

/** What was said of a refused program, and what can be. */
interface Refusal {
  readonly log: string;
  readonly explanation: RefusalExplanation | undefined;
}

/**
 * @param errno positive
 * @param refusal of a program; its explanation is read when somebody asks for it
 */
export function makeBpfError(message: string, errno: number, refusal?: Refusal): BpfError {
  const error = new Error(message);
  const explanation = Object.freeze(() => refusal?.explanation);
  return Object.freeze(
    Object.defineProperties(error, {
      name: { value: "BpfError" },
      errno: { value: errno, enumerable: true },
      errnoName: { value: errnoName(errno), enumerable: true },
      log: { value: refusal?.log ?? "" },
      explanation: { get: explanation },
    }),
  ) as BpfError;
}
