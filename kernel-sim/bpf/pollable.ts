/** Who is told that `events` of something may have changed. */
export interface Waiters {
  wake(): void;
}

/** What can be waited for with poll(2). */
export interface Pollable {
  waiters: Waiters | undefined;
  /** A mask of EPOLL…: what is possible now. */
  readonly events: number;
}
