/** Where things lie in the text of /bin/agent. A `syscall` instruction is 2 bytes long. */
export const AGENT_TEXT = {
  entry: 0x401000,
  /** It waits for its driver. */
  idle: 0x401100,
  /** Behind the `syscall` instruction that makes the driver's calls. */
  called: 0x401202,
  /** The handler that notes its signal. */
  record: 0x401300,
  restorer: 0x401400,
  /** The handler that catches what a load or store has met. */
  caught: 0x401500,
  /** The handler with which init reaps its children, and behind its `syscall` instruction. */
  reap: 0x401600,
  reaped: 0x401702,
} as const;
