import { openSandbox } from "../../notebook/session/sandbox/index.ts";
import { runVisibleTests } from "../../notebook/session/visible-tests.ts";

/** What the test page has on its window. */
export interface SandboxWindow {
  readonly openSandbox: typeof openSandbox;
  readonly runVisibleTests: typeof runVisibleTests;
}

Object.assign(window, { openSandbox, runVisibleTests } satisfies SandboxWindow);
document.documentElement.dataset["ready"] = "";
