/**
 * Whether an error says no more than that somebody left in the middle of their request.
 *
 * Next copies the stream in which it keeps a request's body over the request, listeners included
 * (`replaceRequestBody`), so nobody takes Node's `aborted` when a tab is closed before the page has
 * read the body: it arrives as an exception that nobody has caught, and would end the process.
 */
export function isClientGone(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "ECONNRESET" &&
    error.message === "aborted"
  );
}
