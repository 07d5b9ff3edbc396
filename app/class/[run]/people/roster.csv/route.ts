import { printRoster, rosterOf } from "#server/class";
import { db } from "#server/db";
import { staffOfRun } from "../../../access.ts";
import { askedRoster } from "../roster-filter.ts";

/** More than any class has. */
const PEOPLE_MAX = 100_000;

/** The roster with the same filter and order as on its page, in the form that can be read again. */
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
  const { filter, order, isDescending } = askedRoster((name) => searchParams.get(name) ?? "");
  const { people } = await rosterOf(db(), staff.run.id, {
    ...filter,
    order,
    isDescending,
    limit: PEOPLE_MAX,
    offset: 0,
  });
  return new Response(printRoster(people), {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="roster-${slug.replace(/[^\w-]/g, "")}.csv"`,
      "cache-control": "private, no-store",
    },
  });
}
