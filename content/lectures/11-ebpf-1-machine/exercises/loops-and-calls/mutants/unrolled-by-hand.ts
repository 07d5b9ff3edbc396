// Wrong: unrolled by hand, without a subprogram, over the limit.
import { bpf } from "kernel-sim";

export const countOptions = bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r4 = r2
    r4 += 15
    if r4 > r3 goto invalid
    r8 = *(u8 *)(r2 +14)
    if r8 > 40 goto invalid
    r4 += r8
    if r4 > r3 goto invalid
    r6 = 0
    r7 = 0
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one0
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one0:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one1
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one1:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one2
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one2:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one3
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one3:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one4
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one4:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one5
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one5:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one6
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one6:
    r6 += r0
    if r6 > r8 goto invalid
    if r6 >= r8 goto done
    r4 = r2
    if r6 > 39 goto invalid
    r4 += r6
    r1 = r4
    r1 += 17
    if r1 > r3 goto invalid
    r0 = *(u8 *)(r4 +15)
    if r0 == 0 goto done
    if r0 == 1 goto one7
    r0 = *(u8 *)(r4 +16)
    if r0 < 2 goto invalid
    r7 += 1
  one7:
    r6 += r0
    if r6 > r8 goto invalid
  done:
    r0 = r7
    exit
  invalid:
    w0 = -1
    exit
`;
