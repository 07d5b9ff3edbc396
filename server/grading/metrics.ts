import { Histogram } from "prom-client";
import { metrics } from "../operation/metrics.ts";

const NAME = "kernelbook_grading_seconds";

/** How long gradings took, by their status. */
export function gradingMetrics(): Histogram<"status"> {
  const { registry } = metrics();
  const known = registry.getSingleMetric(NAME);
  if (known !== undefined) return known as Histogram<"status">;
  return new Histogram({
    name: NAME,
    help: "How long gradings took in the sandboxes, by status.",
    labelNames: ["status"],
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120],
    registers: [registry],
  });
}
