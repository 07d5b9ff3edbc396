import type { Sandbox } from "../../runtime/protocol.ts";
import { CellSandbox } from "./cell-sandbox.ts";

/** Opens a notebook's sandbox; it boots while the caller goes on. */
export function openSandbox(): Sandbox {
  return new CellSandbox();
}
