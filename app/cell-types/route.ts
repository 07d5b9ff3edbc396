import { cellTypes } from "#server/queries";

/** The declarations that the editor of a cell completes from. */
export async function GET(): Promise<Response> {
  return new Response(await cellTypes(), {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "public, max-age=3600",
    },
  });
}
