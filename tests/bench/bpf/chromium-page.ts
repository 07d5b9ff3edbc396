/** Put on a page of Chromium: the engines, to be called from outside. */
import { prepare } from "./engines.ts";

Object.assign(globalThis, { prepareBpf: prepare });
