import { db } from "#server/db";
import { gradebookCsv, gradebookOf, parseFilter, parseOrder } from "#server/queries";
import { staffOfRun } from "../../access.ts";

/** More than any class has. */
const STUDENTS_MAX = 100_000;

/** The gradebook with the same filter and order as on its page, all of its students. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ run: string }> },
): Promise<Response> {
  const { run: slug } = await params;
  const staff = await staffOfRun(slug);
  if (staff === undefined)
    return new Response("This class is not yours to see.\n", { status: 403 });
  const { searchParams } = new URL(request.url);
  const book = await gradebookOf(db(), {
    runId: staff.run.id,
    words: parseFilter(searchParams.get("filter") ?? ""),
    order: parseOrder(searchParams.get("sort") ?? ""),
    limit: STUDENTS_MAX,
    offset: 0,
  });
  return new Response(gradebookCsv(book), {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="gradebook-${slug.replace(/[^\w-]/g, "")}.csv"`,
      "cache-control": "private, no-store",
    },
  });
}
