export { closeSandboxes, gradeSource } from "./grade-source.ts";
