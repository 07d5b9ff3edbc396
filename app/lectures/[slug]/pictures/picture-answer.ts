interface PictureFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Changes when the file does. */
  readonly version: string;
}

/**
 * Answers with a picture that somebody has added. Opened by itself, out of a page, it is a document of
 * this site: then nothing in it runs or is fetched, and nothing is taken for another type.
 *
 * @param by whose it is: `private` stays in the browser that asked
 */
export function pictureAnswer(
  picture: PictureFile | undefined,
  { url }: Request,
  by: "public" | "private",
): Response {
  if (picture === undefined) return new Response("There is no such picture.\n", { status: 404 });
  const isNamed = new URL(url).searchParams.get("v") === picture.version;
  return new Response(picture.bytes, {
    headers: {
      "content-type": picture.type,
      "content-security-policy":
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": isNamed ? `${by}, max-age=31536000, immutable` : `${by}, no-cache`,
    },
  });
}
