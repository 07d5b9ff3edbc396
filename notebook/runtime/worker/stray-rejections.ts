/** Promises that failed while nobody waited for them: otherwise a cell would fail in silence. */
export function catchStrayRejections(report: (reason: unknown) => void): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report((event as PromiseRejectionEvent).reason);
  });
}
