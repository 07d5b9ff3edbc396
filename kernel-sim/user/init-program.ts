import { MS_REMOUNT } from "../include/uapi/mount.ts";
import { SIG_BLOCK, SIGCHLD } from "../include/uapi/signal.ts";
import type { Program } from "./program.ts";
import type { Sys } from "./sys.ts";
import type { SysCall } from "./sys-port.ts";

const SIGSET_BYTES = 8;

/**
 * Process 1 of a machine without a service manager: it adopts orphans and waits for whatever ends.
 */
export const initProgram: Program = function* init(sys) {
  yield* adopt(sys);
};

/** The same on a disk, which the kernel has mounted so that nobody can write: from now on everybody may. */
export const diskInitProgram: Program = function* init(sys) {
  yield* sys.call("mount", "/dev/root", "/", null, MS_REMOUNT, null);
  yield* adopt(sys);
};

function* adopt(sys: Sys): SysCall<never> {
  yield* sys.sigprocmask(SIG_BLOCK, [SIGCHLD]);
  const childEnded = new Uint8Array(SIGSET_BYTES);
  childEnded[(SIGCHLD - 1) >> 3] = 1 << ((SIGCHLD - 1) & 7);
  for (;;) {
    const ended = yield* sys.wait4();
    // Without children the next SIGCHLD says that there has been one.
    if (typeof ended === "number") {
      yield* sys.call("rt_sigtimedwait", childEnded, null, null, SIGSET_BYTES);
    }
  }
}

/** The same for a kernel that has no signal masks: between two looks it sleeps until a child ends. */
export const firstInitProgram: Program = function* init(sys) {
  yield* sys.sigaction(SIGCHLD, function* () {});
  for (;;) {
    const ended = yield* sys.wait4();
    if (typeof ended === "number") yield* sys.pause();
  }
};
