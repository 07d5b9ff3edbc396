import * as z from "zod";
import { currentViewer } from "#server/auth";
import { readLecture } from "#server/course";
import { db, transaction } from "#server/db";
import { mayCountReading } from "#server/policies";
import { keepReading, runOfReader } from "#server/queries";
import { sectionsOf } from "../sections.ts";

const BYTES_MAX = 20_000;
const Ids = z.array(z.string().max(100)).max(200);
const NewsInput = z.strictObject({
  section: z.string().max(200),
  ran: Ids,
  failed: Ids,
  failedAsGiven: Ids,
});

/** How far a student has read and which cells have failed, sent by the page when it is left. */
export async function POST(
  request: Request,
  { params }: RouteContext<"/lectures/[slug]/reading">,
): Promise<Response> {
  const viewer = await currentViewer();
  const run = viewer && (await runOfReader(db(), viewer.userId));
  if (viewer === undefined || run === undefined || mayCountReading(viewer, run).kind === "denied") {
    return new Response("Your reading is not counted.\n", { status: 403 });
  }
  const lecture = await readLecture((await params).slug);
  if (lecture === undefined) return new Response("This lecture is not there.\n", { status: 404 });
  const isTooLong = Number(request.headers.get("content-length")) > BYTES_MAX;
  const parsed = NewsInput.safeParse(isTooLong ? undefined : parse(await request.text()));
  if (!parsed.success) return new Response("This is no news of a lecture.\n", { status: 400 });
  // A page that was opened before the lecture changed may tell of what is gone.
  const sections = sectionsOf(lecture).map(({ id }) => id);
  const cells = new Set(lecture.cells.map(({ id }) => id));
  const present = (ids: readonly string[]) => ids.filter((id) => cells.has(id));
  const { section, ran, failed, failedAsGiven } = parsed.data;
  const reading = {
    section: sections.includes(section) ? section : "",
    ran: present(ran),
    failed: present(failed),
    failedAsGiven: present(failedAsGiven),
  };
  const { userId } = viewer;
  const key = { runId: run.runId, userId, lectureSlug: lecture.frontMatter.slug };
  await transaction((tx) => keepReading(tx, key, reading, sections));
  return new Response(null, { status: 204 });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
