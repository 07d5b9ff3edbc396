// Wrong: takes the length not to count the two bytes of kind and length.
import { bpf } from "kernel-sim";

export const countOptions = bpf.asm`
    r2 = *(u32 *)(r1 +0)      ; data
    r3 = *(u32 *)(r1 +4)      ; data_end
    r4 = r2
    r4 += 15
    if r4 > r3 goto invalid
    r8 = *(u8 *)(r2 +14)      ; L
    if r8 > 40 goto invalid
    r4 += r8
    if r4 > r3 goto invalid
    r9 = r1
    r6 = 0                    ; offset in the list
    r7 = 0                    ; options counted
  again:
    if r6 >= r8 goto done
    r1 = r9
    r2 = r6
    r3 = r8
    call option
    if r0 == 0 goto done
    if r0 > 40 goto invalid
    r6 += r0
    if r0 == 1 goto again
    r7 += 1
    goto again
  done:
    r0 = r7
    exit
  invalid:
    w0 = -1
    exit

  ; The length of the option at offset r2 of a list of r3 bytes: 0 for the end, 255 if not valid.
  option:
    r4 = *(u32 *)(r1 +0)
    r5 = *(u32 *)(r1 +4)
    if r2 > 39 goto refuse
    r4 += r2
    r1 = r4
    r1 += 16
    if r1 > r5 goto refuse
    r0 = *(u8 *)(r4 +15)      ; the kind
    if r0 < 2 goto out        ; 0 ends the list, 1 is one byte long
    r1 += 1
    if r1 > r5 goto refuse
    r0 = *(u8 *)(r4 +16)      ; the length
    if r0 < 2 goto refuse
    r0 += 2
    r2 += r0
    if r2 > r3 goto refuse
  out:
    exit
  refuse:
    r0 = 255
    exit
`;
