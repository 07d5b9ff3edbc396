import { headers } from "next/headers.js";
// biome-ignore lint/style/noRestrictedImports: the memory of one request, nothing of the screen.
import { cache } from "react";
import type { Viewer } from "../policies/index.ts";
import { auth } from "./better-auth.ts";
import { viewerById } from "./person-viewer.ts";
import { standIn } from "./stand-in.ts";

/**
 * Who asks, with the roles of this moment; undefined: nobody is signed in. Read once a request. On a
 * page that is drawn for many, words stand for what the viewer is called.
 */
export const currentViewer = cache(async (): Promise<Viewer | undefined> => {
  const viewer = await viewerOf(await headers());
  const words = await standIn();
  if (viewer === undefined || words === undefined) return viewer;
  return { ...viewer, name: words.name, username: words.username };
});

/** Who the session in these headers belongs to. */
export async function viewerOf(requestHeaders: Headers): Promise<Viewer | undefined> {
  const found = await auth().api.getSession({ headers: requestHeaders });
  return found === null ? undefined : viewerById(found.user.id);
}
