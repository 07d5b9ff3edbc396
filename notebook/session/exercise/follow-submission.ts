import type { SubmissionProgress } from "#notebook/document";

/** After the server has refused to tell: asked again, in ms. */
const RETRY_MS = 5_000;

/**
 * Hears where a submission stands until there is nothing more to come; answers what ends it. A lost connection comes
 * back by itself.
 */
export function followSubmission(
  id: string,
  onProgress: (progress: SubmissionProgress) => void,
): () => void {
  let source: EventSource;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(`/submissions/${encodeURIComponent(id)}/events`);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const progress = JSON.parse(data) as SubmissionProgress;
      if (progress.kind === "graded" || progress.kind === "held") source.close();
      onProgress(progress);
    };
    source.onerror = () => {
      // Otherwise the browser connects again by itself.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    };
  };
  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
