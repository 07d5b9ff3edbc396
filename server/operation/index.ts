export { log } from "./log.ts";
export { mayReadMetrics, metrics } from "./metrics.ts";
export { type Readiness, readiness } from "./readiness.ts";
