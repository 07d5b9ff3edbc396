export { type CheckListener, checkDocuments } from "./document-gate.ts";
export { checkCourse, type GateReport } from "./gate.ts";
export { type MutationReport, mutationReport } from "./mutation/kill.ts";
