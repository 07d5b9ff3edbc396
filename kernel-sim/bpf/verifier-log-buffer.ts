/** What of a verifier's log reaches the caller of BPF_PROG_LOAD. */
export const BPF_LOG_FIXED = 8;
const BPF_LOG_MASK = 0xf;
const LOG_SIZE_MAX = 0x3fff_ffff;

export interface LogAttr {
  readonly logLevel: number;
  /** In bytes. */
  readonly logSize: number;
  readonly hasLogBuffer: boolean;
}

/** @linux kernel/bpf/log.c `bpf_verifier_log_attr_valid` (6.18) */
export function isLogAttrOk({ logLevel, logSize, hasLogBuffer }: LogAttr): boolean {
  if (hasLogBuffer !== (logSize !== 0)) return false;
  if (hasLogBuffer && logLevel === 0) return false;
  return (logLevel & ~BPF_LOG_MASK) === 0 && logSize <= LOG_SIZE_MAX;
}

/**
 * The part of `log` that fits into the caller's buffer: its end, or with BPF_LOG_FIXED its start.
 * `isTruncated` is what Linux answers ENOSPC for.
 *
 * @linux kernel/bpf/log.c `bpf_vlog_finalize` (6.18)
 */
export function fitLog(
  log: string,
  { logLevel, logSize, hasLogBuffer }: LogAttr,
): { readonly log: string; readonly isTruncated: boolean } {
  if (!hasLogBuffer) return { log: "", isTruncated: false };
  // The buffer ends in a 0 byte.
  const room = logSize - 1;
  if (log.length <= room) return { log, isTruncated: false };
  const isFixed = (logLevel & BPF_LOG_FIXED) !== 0;
  return { log: isFixed ? log.slice(0, room) : log.slice(log.length - room), isTruncated: true };
}
