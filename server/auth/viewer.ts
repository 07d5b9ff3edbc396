import { headers } from "next/headers.js";
// biome-ignore lint/style/noRestrictedImports: the memory of one request, nothing of the screen.
import { cache } from "react";
import type { Viewer } from "../policies/index.ts";
import { auth } from "./better-auth.ts";
import { viewerById } from "./person-viewer.ts";

/** Who asks, with the roles of this moment; undefined: nobody is signed in. Read once a request. */
export const currentViewer = cache(async (): Promise<Viewer | undefined> => {
  return viewerOf(await headers());
});

/** Who the session in these headers belongs to. */
export async function viewerOf(requestHeaders: Headers): Promise<Viewer | undefined> {
  const found = await auth().api.getSession({ headers: requestHeaders });
  return found === null ? undefined : viewerById(found.user.id);
}
