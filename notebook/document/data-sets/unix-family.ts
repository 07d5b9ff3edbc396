/** The family of UNIX systems, 1965 to 2026: what the cells of lecture 1 query and its timeline draws. */

import type { UnixSystem } from "./course-data.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { UNIX_SYSTEMS } from "./unix-systems.ts";

/** All systems, oldest first. */
export const unixFamily: readonly UnixSystem[] = /* @__PURE__ */ deepFreeze(UNIX_SYSTEMS);
