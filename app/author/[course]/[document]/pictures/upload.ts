import type { UploadResult } from "./route.ts";

/** Gives the server the bytes of a picture; why it does not take them, in words. */
export async function upload(
  picturesUrl: string,
  name: string,
  file: Blob,
): Promise<{ readonly hash: string } | { readonly problem: string }> {
  const answer = await sent(picturesUrl, name, file);
  switch (answer?.kind) {
    case "stored":
      return { hash: answer.hash };
    case "refused":
      return { problem: `It cannot be shown: ${answer.problem}.` };
    case "denied":
      return {
        problem: "You are signed out, or may not write in this course any more: sign in again.",
      };
    default:
      return { problem: "The server does not answer: try again." };
  }
}

async function sent(url: string, name: string, file: Blob): Promise<UploadResult | undefined> {
  try {
    const answer = await fetch(`${url}?name=${encodeURIComponent(name)}`, {
      method: "POST",
      body: file,
    });
    return (await answer.json()) as UploadResult;
  } catch {
    return undefined;
  }
}
