// Wrong: takes the length of the header, in words, for bytes.
import { bpf } from "kernel-sim";

/**
 * Socket filter. If the map `counts` (hash, key 4, value 8) has the key
 * 0, adds one to its value and answers 1. If it has not, answers 0 and
 * changes nothing.
 */
export const bump = bpf.asm`
    *(u32 *)(r10 -4) = 0
    r1 = map[counts]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = *(u64 *)(r0 +0)
    r1 += 1
    *(u64 *)(r0 +0) = r1
    r0 = 1
  out:
    exit
`;

/**
 * XDP. Answers the four bytes at offset 30 as a little-endian word; 0
 * if the frame ends before.
 */
export const destination = bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r0 = 0
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r0 = *(u32 *)(r2 +30)
  out:
    exit
`;

/**
 * Socket filter. The map `config` (array, value 8) holds an index, any
 * 64-bit number read as unsigned. Answers that byte of the map `table`
 * (array, value 16), 0 if the index is above 15.
 */
export const pick = bpf.asm`
    r1 = map_value[config]+0
    r6 = *(u64 *)(r1 +0)
    r0 = 0
    if r6 > 15 goto out
    r1 = map_value[table]+0
    r1 += r6
    r0 = *(u8 *)(r1 +0)
  out:
    exit
`;

/**
 * Socket filter. If the map `counts` (hash, key 4, value 8) has the key
 * 0, answers the length of the packet (offset 0 of the context);
 * otherwise 0.
 */
export const lengthIfSeen = bpf.asm`
    r6 = r1
    *(u32 *)(r10 -4) = 0
    r1 = map[counts]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u32 *)(r6 +0)
  out:
    exit
`;

/**
 * XDP. The low four bits of byte 14 give the length of the IPv4 header
 * in words of 4 bytes. Answers the first byte behind that header, 0 if
 * the frame ends before it or has less than 34 bytes.
 */
export const afterOptions = bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r0 = 0
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r5 = *(u8 *)(r2 +14)
    r5 &= 15
    r2 += r5
    r4 = r2
    r4 += 15
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 +14)
  out:
    exit
`;

/**
 * Socket filter. The map `config` (array, value 8) holds n, any 64-bit
 * number read as unsigned. Answers the sum of the first n bytes of the
 * map `table` (array, value 16), of all 16 if n is larger.
 */
export const sum = bpf.asm`
    r1 = map_value[config]+0
    r6 = *(u64 *)(r1 +0)
    r7 = map_value[table]+0
    r0 = 0
    r8 = 0
  again:
    if r8 > 15 goto out
    if r8 >= r6 goto out
    r1 = r7
    r1 += r8
    r2 = *(u8 *)(r1 +0)
    r0 += r2
    r8 += 1
    goto again
  out:
    exit
`;
