import { searchCourse } from "#server/course";
import { closedExercises } from "../closed-exercises.ts";

/** The hits of `?q=`, as a `SearchAnswer`: what is not open yet depends on who asks. */
export async function GET(request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams.get("q") ?? "";
  return Response.json(await searchCourse(query, await closedExercises(Date.now())), {
    headers: { "cache-control": "private, max-age=60", vary: "cookie" },
  });
}
