/** Hands over the port that comes with the first message, and hears no other message. */
export function onFirstPort(take: (port: MessagePort) => void): void {
  const onMessage = (event: MessageEvent): void => {
    const port = event.ports[0];
    if (port === undefined) return;
    globalThis.removeEventListener("message", onMessage as EventListener);
    take(port);
  };
  globalThis.addEventListener("message", onMessage as EventListener);
}
