/**
 * What `ask` answers, asked at most once in so many ms. While it fails, what it answered last holds:
 * "" before it ever did.
 */
export function latest(ms: number, ask: () => Promise<string>): () => Promise<string> {
  let known = "";
  let askedAt = -Infinity;
  let asking: Promise<void> = Promise.resolve();
  return async () => {
    if (performance.now() - askedAt >= ms) {
      askedAt = performance.now();
      asking = ask().then(
        (answer) => {
          known = answer;
        },
        () => undefined,
      );
    }
    await asking;
    return known;
  };
}
