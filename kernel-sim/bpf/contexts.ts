/** Layouts of the context structures that programs read. @linux include/uapi/linux/bpf.h (6.18) */

export const ETH_HLEN = 14;

/** `struct xdp_md`: offsets in bytes. */
export const XDP_DATA = 0;
export const XDP_DATA_END = 4;
export const XDP_DATA_META = 8;
export const XDP_INGRESS_IFINDEX = 12;
export const XDP_RX_QUEUE_INDEX = 16;
export const XDP_EGRESS_IFINDEX = 20;
export const XDP_MD_BYTES = 24;

/** `struct __sk_buff`: offsets in bytes. */
export const SKB_LEN = 0;
export const SKB_PKT_TYPE = 4;
export const SKB_MARK = 8;
export const SKB_QUEUE_MAPPING = 12;
export const SKB_PROTOCOL = 16;
export const SKB_VLAN_PRESENT = 20;
export const SKB_VLAN_TCI = 24;
export const SKB_VLAN_PROTO = 28;
export const SKB_PRIORITY = 32;
export const SKB_INGRESS_IFINDEX = 36;
export const SKB_IFINDEX = 40;
export const SKB_TC_INDEX = 44;
export const SKB_CB = 48;
export const SKB_CB_BYTES = 20;
export const SKB_TC_CLASSID = 72;
export const SKB_DATA = 76;
export const SKB_DATA_END = 80;
export const SKB_FAMILY = 88;
export const SKB_REMOTE_PORT = 132;
export const SKB_LOCAL_PORT = 136;
export const SKB_DATA_META = 140;
export const SKB_FLOW_KEYS = 144;
export const SKB_TSTAMP = 152;
export const SKB_WIRE_LEN = 160;
export const SKB_GSO_SEGS = 164;
export const SKB_SK = 168;
export const SKB_GSO_SIZE = 176;
export const SKB_TSTAMP_TYPE = 180;
export const SKB_HWTSTAMP = 184;
export const SK_BUFF_BYTES = 192;
