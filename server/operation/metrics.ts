import { timingSafeEqual } from "node:crypto";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { config } from "../config.ts";
import { LOCAL_HEADER } from "./peer.ts";

interface Metrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram<"method" | "status">;
  readonly databaseRestarts: Counter;
}

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.metrics");
const kept = globalThis as { [KEPT]?: Metrics };

/** What this process counts and measures; others add their own to the registry. */
export function metrics(): Metrics {
  kept[KEPT] ??= create();
  return kept[KEPT];
}

/** Whether a request may read `/metrics`: with the token, or without one set from this machine. */
export function mayReadMetrics(headers: Headers): boolean {
  const { metricsToken } = config();
  if (metricsToken === undefined) return headers.get(LOCAL_HEADER) === "1";
  const given = Buffer.from(headers.get("authorization") ?? "");
  const wanted = Buffer.from(`Bearer ${metricsToken}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function create(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "kernelbook_" });
  return {
    registry,
    requestSeconds: new Histogram({
      name: "kernelbook_http_request_seconds",
      help: "How long requests took, by method and class of status (2xx, 4xx, ...).",
      labelNames: ["method", "status"],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [registry],
    }),
    databaseRestarts: new Counter({
      name: "kernelbook_database_restarts_total",
      help: "How often the embedded PostgreSQL had died and was started again.",
      registers: [registry],
    }),
  };
}
