// Wrong: writes the counter back as one, so it never grows.
import { bpf } from "kernel-sim";

export const countByProtocol = bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r4 = r2
    r4 += 34
    if r4 > r3 goto pass
    r5 = *(u16 *)(r2 +12)
    if r5 != 8 goto pass            ; 0x0800 as it lies in the packet
    r5 = *(u8 *)(r2 +23)
    *(u32 *)(r10 -4) = r5
    r1 = map[counts]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto pass
    r1 = 1
    *(u64 *)(r0 +0) = r1
  pass:
    r0 = 2
    exit
`;

export const headerChecksum = bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    w0 = -1
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r5 = *(u16 *)(r2 +12)
    if r5 != 8 goto out
    r0 = *(u32 *)(r2 +14)
    r4 = *(u32 *)(r2 +18)
    r0 += r4
    r4 = *(u32 *)(r2 +22)
    r0 += r4
    r4 = *(u32 *)(r2 +26)
    r0 += r4
    r4 = *(u32 *)(r2 +30)
    r0 += r4
    r4 = r0
    r4 >>= 32
    w0 = w0
    r0 += r4                        ; at most 33 bits
    r4 = r0
    r4 >>= 16
    r0 &= 0xffff
    r0 += r4                        ; at most 18 bits
    r4 = r0
    r4 >>= 16
    r0 &= 0xffff
    r0 += r4                        ; at most 0x10000
    r4 = r0
    r4 >>= 16
    r0 += r4
    r0 ^= 0xffff
    r0 &= 0xffff
  out:
    exit
`;

export const destinationPort = bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r0 = 0
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r5 = *(u16 *)(r2 +12)
    if r5 != 8 goto out
    r5 = *(u8 *)(r2 +23)
    if r5 == 6 goto ports
    if r5 != 17 goto out
  ports:
    r5 = *(u8 *)(r2 +14)
    r5 &= 15
    if r5 < 5 goto out
    r5 <<= 2                        ; at most 60: the verifier knows from the mask
    r2 += r5
    r4 = r2
    r4 += 18                        ; Ethernet header, then source and destination port
    if r4 > r3 goto out
    r0 = *(u16 *)(r2 +16)
    r0 = be16 r0
  out:
    exit
`;
