import controls from "../../../../controls.module.css";
import { undoTrial } from "../actions.ts";

/** Takes back what a regrade has made of the grades. */
export function UndoForm({ run, regrade }: { run: string; regrade: string }) {
  return (
    <form action={undoTrial}>
      <input type="hidden" name="run" value={run} />
      <input type="hidden" name="regrade" value={regrade} />
      <button type="submit" className={controls["button"]}>
        Undo: bring the grades before it back
      </button>
    </form>
  );
}
