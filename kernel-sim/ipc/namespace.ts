/** What one ipc namespace holds. */
export class IpcNamespace {}
