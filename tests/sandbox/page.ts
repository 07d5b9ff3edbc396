import { openSandbox } from "../../notebook/session/sandbox/index.ts";
import { runVisibleTests } from "../../notebook/session/visible-tests.ts";

Object.assign(window, { openSandbox, runVisibleTests });
document.documentElement.dataset["ready"] = "";
