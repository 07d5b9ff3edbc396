export { type CheckListener, checkDocuments } from "./document-gate.ts";
export { checkCourse, type GateReport } from "./gate.ts";
