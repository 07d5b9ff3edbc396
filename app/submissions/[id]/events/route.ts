import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { maySeeGrade, maySeeSubmission } from "#server/policies";
import { submissionOwner } from "#server/queries";
import { progressStream } from "./progress-stream.ts";

export const dynamic = "force-dynamic";

interface EventsContext {
  params: Promise<{ id: string }>;
}

/** Tells where a submission stands, as it changes, until it is graded. */
export async function GET(request: Request, { params }: EventsContext): Promise<Response> {
  const { id } = await params;
  const owner = await submissionOwner(db(), id);
  const viewer = await currentViewer();
  // Who may not see it does not learn whether it exists.
  if (owner === undefined || maySeeSubmission(viewer, owner).kind === "denied") {
    return new Response("Not found\n", { status: 404 });
  }
  const isWithheld = maySeeGrade(viewer, owner).kind === "denied";
  return new Response(progressStream(id, isWithheld, request.signal), {
    headers: {
      "content-type": "text/event-stream",
      // Compressing, or buffering in a proxy, would hold news back.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}
