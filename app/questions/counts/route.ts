import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { mayLeadTalk, mayTalk } from "#server/policies";
import { questionCounts, runToAskIn } from "#server/queries";

/** How many questions stand at each cell and exercise of a lecture, in the viewer's run. */
export async function GET(request: Request): Promise<Response> {
  const lecture = new URL(request.url).searchParams.get("lecture") ?? "";
  const viewer = await currentViewer();
  const run = viewer && (await runToAskIn(db(), viewer.userId));
  if (viewer === undefined || run === undefined || mayTalk(viewer, run.id).kind === "denied") {
    return new Response("You belong to no run.\n", { status: 403 });
  }
  const isStaff = mayLeadTalk(viewer, run.id).kind === "allowed";
  const reader = { runId: run.id, userId: viewer.userId, isStaff };
  const counts = await questionCounts(db(), reader, lecture.slice(0, 200));
  return Response.json(counts, { headers: { "cache-control": "no-store" } });
}
