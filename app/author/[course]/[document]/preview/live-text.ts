/** What an editor and the preview in its frame say to each other, both pages of this site. */

/** From the editor: the texts as they are typed, by path. */
export interface LiveText {
  readonly kind: "kernelbook-text";
  readonly document: string;
  readonly files: Readonly<Record<string, string>>;
}

/** From the preview, once it listens. */
interface PreviewReady {
  readonly kind: "kernelbook-preview";
  readonly document: string;
}

export function sendText(frame: Window, text: Omit<LiveText, "kind">): void {
  frame.postMessage({ kind: "kernelbook-text", ...text }, window.location.origin);
}

/** Tells the editor around this page, if there is one. */
export function sayReady(document: string): void {
  if (window.parent === window) return;
  const ready: PreviewReady = { kind: "kernelbook-preview", document };
  window.parent.postMessage(ready, window.location.origin);
}

/** Whether the message is one of ours, of this site and from that window. */
export function isReady(event: MessageEvent, from: Window | null, document: string): boolean {
  return isFrom(event, from) && event.data?.kind === "kernelbook-preview" && isOf(event, document);
}

export function isText(event: MessageEvent, document: string): event is MessageEvent<LiveText> {
  return (
    isFrom(event, window.parent) && event.data?.kind === "kernelbook-text" && isOf(event, document)
  );
}

function isFrom({ origin, source }: MessageEvent, from: Window | null): boolean {
  return from !== null && origin === window.location.origin && source === from;
}

function isOf({ data }: MessageEvent, document: string): boolean {
  return data.document === document;
}
