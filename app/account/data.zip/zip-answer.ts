import { db } from "#server/db";
import { personZip } from "#server/person";
import { mayExportPerson, type Viewer } from "#server/policies";

/** The data of a person as a file, for those who may have it. */
export async function zipOf(viewer: Viewer | undefined, userId: string): Promise<Response> {
  if (mayExportPerson(viewer, userId).kind === "denied") {
    return new Response("This is not yours to have.\n", { status: 403 });
  }
  return new Response(await personZip(db(), userId), {
    headers: {
      "content-type": "application/zip",
      "content-disposition": 'attachment; filename="kernelbook-data.zip"',
      "cache-control": "private, no-store",
    },
  });
}
