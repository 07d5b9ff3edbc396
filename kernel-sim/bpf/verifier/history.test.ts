import { expect, test } from "vitest";
import { ENOMEM } from "../../include/errno.ts";
import { VerifierEnv } from "./env.ts";
import { pushHistory } from "./history.ts";
import { VerifierState } from "./verifier-state.ts";

test("a path notes as much as Linux gets memory for at once, 4 MiB", () => {
  const env = new VerifierEnv({
    ...{ insns: [], progType: 1, expectedAttachType: 0, isGplCompatible: true, progFlags: 0 },
    ...{ cpus: 1, logLevel: 0, logSize: 0, mapOfFd: () => -1 },
  });
  const state = new VerifierState();
  let noted = 0;
  while (pushHistory(env, state, 0) === 0) {
    env.curHistEntry = null;
    noted++;
  }
  expect(noted).toBe((4 << 20) / 16);
  expect(pushHistory(env, state, 0)).toBe(-ENOMEM);
});
