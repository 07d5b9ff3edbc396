import { db } from "#server/db";
import { gradebookOf, parseFilter, parseOrder } from "#server/queries";
import { staffOfRun } from "../../access.ts";
import { packRow } from "../gradebook-wire.ts";

/** More than any class has. */
const STUDENTS_MAX = 100_000;

/** All rows of the gradebook with the same filter and order as on its page, for the page's script. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ run: string }> },
): Promise<Response> {
  const { run: slug } = await params;
  const staff = await staffOfRun(slug);
  if (staff === undefined) {
    return new Response("This class is not yours to see.\n", { status: 403 });
  }
  const { searchParams } = new URL(request.url);
  const { rows } = await gradebookOf(db(), {
    runId: staff.run.id,
    words: parseFilter(searchParams.get("filter") ?? ""),
    order: parseOrder(searchParams.get("sort") ?? ""),
    limit: STUDENTS_MAX,
    offset: 0,
  });
  return Response.json(rows.map(packRow), { headers: { "cache-control": "private, no-store" } });
}
