import { ALLOWED, type Decision, denied } from "./decision.ts";
import type { Viewer } from "./viewer.ts";

/** Whether the viewer's texts are kept on the server: those of everybody who has an account. */
export function maySaveNotebook(viewer: Viewer | undefined): Decision<"signed-out"> {
  return viewer === undefined ? denied("signed-out") : ALLOWED;
}
