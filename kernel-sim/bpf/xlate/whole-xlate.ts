import { Xlation, xlate } from "./xlate.ts";

/** What makes of programs what Linux would show. */
export const wholeXlate = /* @__PURE__ */ Object.freeze({ xlate, classes: () => [Xlation] });
