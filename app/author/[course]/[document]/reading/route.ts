import * as z from "zod";
import { draftedFiles, exercisePreview, lecturePreview } from "#server/content/preview";
import { db } from "#server/db";
import { authorOfDocument } from "../preview/author-of-document.ts";

const TEXT_MAX = 400_000;

const ReadingInput = z.strictObject({
  /** As they are typed: in the place of those that are stored. */
  files: z.record(z.string().max(300), z.string().max(TEXT_MAX)),
  /** What the page has of an earlier answer. */
  known: z.array(z.string().max(100)).max(6000),
  wants: z.enum(["page", "problems"]),
});
const BYTES_MAX = 4_000_000;

/** What a page shows of a document as it is typed, and what the gate says of it. It stores nothing. */
export async function POST(
  request: Request,
  { params }: RouteContext<"/author/[course]/[document]/reading">,
): Promise<Response> {
  const { course, document: id } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) return refused("You do not write in this course.", 403);
  if (Number(request.headers.get("content-length")) > BYTES_MAX) {
    return refused("The text is too long to be read: split it.", 413);
  }
  const parsed = ReadingInput.safeParse(await request.json().catch(() => undefined));
  if (!parsed.success) return refused("This is no text of a document.", 400);
  const { viewer, document } = author;
  const { files: typed, known, wants } = parsed.data;
  const files = await draftedFiles(db(), document.id, viewer.userId);
  for (const [path, text] of Object.entries(typed)) files.set(path, text);
  const asked = { document, userId: viewer.userId, files, known };
  if (document.kind === "shared") return refused("These files have no page.", 404);
  const preview =
    document.kind === "exercise" ? await exercisePreview(asked) : await lecturePreview(asked);
  const answer = wants === "page" ? preview : { problems: preview.problems };
  return Response.json(answer, { headers: { "cache-control": "no-store" } });
}

function refused(problem: string, status: number): Response {
  return Response.json({ problem }, { status });
}
