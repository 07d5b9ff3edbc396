import { downloadNotebook } from "#server/course";

/** For Jupyter. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ slug: string }> },
): Promise<Response> {
  const { slug } = await params;
  const file = await downloadNotebook(slug);
  if (file === undefined) return new Response("There is no such lecture.\n", { status: 404 });
  return new Response(file.text, {
    headers: {
      "content-type": "application/x-ipynb+json",
      "content-disposition": `attachment; filename="${file.fileName}"`,
    },
  });
}
