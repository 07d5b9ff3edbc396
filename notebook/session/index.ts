export type {
  InspectedMoment,
  InspectedSchedules,
  InspectorRequest,
} from "../runtime/protocol.ts";
export { type CellStatus, isBusy, type SettledStatus, type StaleCause } from "./cell-status.ts";
export type {
  CellVersion,
  LoadNotebookResult,
  NotebookHistoryResult,
  RemoteNotebook,
  SavedState,
  SaveNotebookInput,
  SaveNotebookResult,
} from "./drafts.ts";
export type { Message } from "./message.ts";
export type { LinkedMoment } from "./moment-link.ts";
export { momentLink, momentOf } from "./moments.ts";
export { Notebook, type NotebookPorts } from "./notebook.ts";
export { browserPorts } from "./ports.ts";
export {
  type Conflict,
  isEditedSinceRun,
  type LectureCell,
  type SessionCell,
} from "./session-cell.ts";
export { hasSingleKeysHere, keepSingleKeys } from "./single-keys.ts";
export type { SessionState } from "./state.ts";
export type { TerminalLink, TerminalState } from "./terminals.ts";
