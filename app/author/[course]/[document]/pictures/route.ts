import { PICTURE_BYTES_MAX, type StoredPicture, storePicture } from "#server/authoring";
import { transaction } from "#server/db";
import { authorOfDocument } from "../preview/author-of-document.ts";

export type UploadResult =
  | StoredPicture
  | { readonly kind: "denied"; readonly because: "not-allowed" };

/**
 * Takes the bytes of a picture: `?name=` is what it will be called. They are part of the document when its
 * draft names them, which the editor saves as it saves what is typed.
 */
export async function POST(
  request: Request,
  { params }: { params: Promise<{ course: string; document: string }> },
): Promise<Response> {
  const { course, document: id } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) return answer({ kind: "denied", because: "not-allowed" }, 403);
  if (author.document.kind === "shared") {
    return answer(
      { kind: "refused", problem: "pictures lie beside lectures and tasks alone" },
      422,
    );
  }
  const name = new URL(request.url).searchParams.get("name") ?? "";
  // One more tells that it is too long.
  const bytes = await beginOf(request.body, PICTURE_BYTES_MAX + 1);
  const stored = await transaction((tx) => storePicture(tx, name, bytes));
  return answer(stored, stored.kind === "stored" ? 200 : 422);
}

/** As much as that of what is sent: what comes after is not waited for. */
async function beginOf(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  if (body !== null) {
    for await (const part of body) {
      parts.push(part);
      length += part.byteLength;
      if (length >= bytesMax) break;
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}

function answer(result: UploadResult, status: number): Response {
  return Response.json(result, { status, headers: { "cache-control": "no-store" } });
}
