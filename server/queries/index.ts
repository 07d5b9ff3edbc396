export { cellTypes } from "./cell-types.ts";
export {
  cellHistory,
  type EditedCells,
  type NotebookRevision,
  notebookOf,
  type SaveOutcome,
  saveNotebook,
} from "./notebook.ts";
