import type { WorkerRole } from "./entry.ts";

/** Hands over the role and the port of the first message, and hears no other message. */
export function onFirstPort(take: (role: WorkerRole, port: MessagePort) => void): void {
  const onMessage = (event: Event): void => {
    const { data, ports } = event as MessageEvent<WorkerRole>;
    const port = ports[0];
    if (port === undefined) return;
    globalThis.removeEventListener("message", onMessage);
    take(data, port);
  };
  globalThis.addEventListener("message", onMessage);
}
