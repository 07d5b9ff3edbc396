import { openSandbox } from "../../notebook/session/sandbox/index.ts";

Object.assign(window, { openSandbox });
document.documentElement.dataset["ready"] = "";
