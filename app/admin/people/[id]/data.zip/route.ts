import { currentViewer } from "#server/auth";
import { zipOf } from "../../../../account/data.zip/zip-answer.ts";

/** Everything that the site holds of a person, for the administrator. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  return zipOf(await currentViewer(), decodeURIComponent((await params).id));
}
