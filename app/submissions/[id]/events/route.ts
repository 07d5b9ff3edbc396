import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { maySeeGrade, maySeeSubmission, type Viewer } from "#server/policies";
import {
  type SubmissionOwner,
  submissionOwner,
  submissionView,
  untitledProgress,
  withheldProgress,
} from "#server/queries";
import { keepsTitlesFrom } from "../keeps-titles.ts";
import { progressStream, type Shown } from "./progress-stream.ts";

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
  const shown = await shownTo(viewer, id, owner);
  return new Response(progressStream(id, shown, request.signal), {
    headers: {
      "content-type": "text/event-stream",
      // Compressing, or buffering in a proxy, would hold news back.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

async function shownTo(
  viewer: Viewer | undefined,
  id: string,
  owner: SubmissionOwner,
): Promise<Shown> {
  if (maySeeGrade(viewer, owner).kind === "denied") return withheldProgress;
  if (!(await keepsTitlesFrom(viewer, id))) return (progress) => progress;
  const tests = (await submissionView(db(), id))?.tests ?? [];
  return (progress) => untitledProgress(progress, tests);
}
