import { Counter } from "prom-client";
import { metrics } from "../operation/metrics.ts";

const NAME = "kernelbook_mail_total";

/** Messages, by what became of a try: sent, refused, retried. */
export function mailMetrics(): Counter<"outcome"> {
  const { registry } = metrics();
  const known = registry.getSingleMetric(NAME);
  if (known !== undefined) return known as Counter<"outcome">;
  return new Counter({
    name: NAME,
    help: "Tries to send a message, by what became of them: sent, refused for good, or retried.",
    labelNames: ["outcome"],
    registers: [registry],
  });
}
