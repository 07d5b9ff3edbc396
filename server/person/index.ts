export { type ErasureStep, erasePerson, planErasure, type WorkFate } from "./erase.ts";
export { personZip } from "./export.ts";
