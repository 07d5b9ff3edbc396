import { searchCourse } from "#server/course";

/** The hits of `?q=`, as a `SearchAnswer`. */
export async function GET(request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams.get("q") ?? "";
  return Response.json(await searchCourse(query), {
    headers: { "cache-control": "public, max-age=60" },
  });
}
