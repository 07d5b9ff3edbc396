export { checkCourse, type GateReport } from "./gate.ts";
