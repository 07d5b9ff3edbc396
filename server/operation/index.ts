export { mayReadMetrics, metrics } from "./metrics.ts";
export { readiness } from "./readiness.ts";
