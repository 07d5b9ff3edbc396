import { downloadCells } from "#server/course";

/** All cells as one TypeScript file. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ slug: string }> },
): Promise<Response> {
  const { slug } = await params;
  const file = await downloadCells(slug);
  if (file === undefined) return new Response("There is no such lecture.\n", { status: 404 });
  return new Response(file.text, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="${file.fileName}"`,
    },
  });
}
