/** One classic instruction. @linux include/uapi/linux/filter.h `struct sock_filter` (6.18) */
export interface SockFilter {
  readonly code: number;
  /** How far a comparison jumps when it holds, and when not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export const SOCK_FILTER_BYTES = 8;
export const BPF_MAXINSNS = 4096;
/** Words of scratch memory. */
export const BPF_MEMWORDS = 16;

export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_RET = 0x06;
export const BPF_MISC = 0x07;

export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;
export const BPF_IMM = 0x00;
export const BPF_ABS = 0x20;
export const BPF_IND = 0x40;
export const BPF_MEM = 0x60;
export const BPF_LEN = 0x80;
export const BPF_MSH = 0xa0;

export const BPF_DIV = 0x30;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_NEG = 0x80;
export const BPF_MOD = 0x90;
export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;
export const BPF_K = 0x00;
export const BPF_X = 0x08;
/** In a return: what is in A. */
export const BPF_A = 0x10;
export const BPF_TAX = 0x00;
export const BPF_TXA = 0x80;

/** From here on an absolute load asks for something that is not in the packet. */
export const SKF_AD_OFF = 0xfffff000;

/** What it can ask for. @linux include/uapi/linux/filter.h (6.18) */
export const SKF_AD_PROTOCOL = 0;
export const SKF_AD_PKTTYPE = 4;
export const SKF_AD_IFINDEX = 8;
export const SKF_AD_NLATTR = 12;
export const SKF_AD_NLATTR_NEST = 16;
export const SKF_AD_MARK = 20;
export const SKF_AD_QUEUE = 24;
export const SKF_AD_HATYPE = 28;
export const SKF_AD_RXHASH = 32;
export const SKF_AD_CPU = 36;
export const SKF_AD_ALU_XOR_X = 40;
export const SKF_AD_VLAN_TAG = 44;
export const SKF_AD_VLAN_TAG_PRESENT = 48;
export const SKF_AD_PAY_OFFSET = 52;
export const SKF_AD_RANDOM = 56;

export const SKF_AD_VLAN_TPID = 60;
const SKF_AD_LAST = SKF_AD_VLAN_TPID;

/** Whether the load asks for something beside the packet, and for what; -1: it does not. @linux include/linux/filter.h `bpf_anc_helper` (6.18) */
export function ancillaryOf({ code, k }: SockFilter): number {
  const isAbs = (code & 0xe7) === (BPF_LD | BPF_ABS);
  const what = (k >>> 0) - SKF_AD_OFF;
  return isAbs && what >= 0 && what <= SKF_AD_LAST && what % 4 === 0 ? what : -1;
}

/** The instructions of an array of `struct sock_filter`. */
export function readSockFilters(bytes: Uint8Array): SockFilter[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const filters: SockFilter[] = [];
  for (let at = 0; at + SOCK_FILTER_BYTES <= bytes.length; at += SOCK_FILTER_BYTES) {
    filters.push({
      code: view.getUint16(at, true),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, true),
    });
  }
  return filters;
}
