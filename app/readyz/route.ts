import { connection } from "next/server";
import { readiness } from "#server/operation";

/** The site can serve readers: 200, or 503 with the reason. */
export async function GET(): Promise<Response> {
  await connection();
  const answer = await readiness();
  return Response.json(answer, {
    status: answer.kind === "ready" ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}
