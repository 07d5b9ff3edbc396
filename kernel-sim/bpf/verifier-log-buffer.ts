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
