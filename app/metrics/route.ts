import { mayReadMetrics, metrics } from "#server/operation";

/** What Prometheus collects; hidden from everybody who may not read it. */
export async function GET(request: Request): Promise<Response> {
  if (!mayReadMetrics(request.headers)) return new Response("Not found\n", { status: 404 });
  const { registry } = metrics();
  return new Response(await registry.metrics(), {
    headers: { "content-type": registry.contentType, "cache-control": "no-store" },
  });
}
