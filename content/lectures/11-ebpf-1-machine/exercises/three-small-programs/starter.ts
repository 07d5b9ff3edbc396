import { bpf } from "kernel-sim";

export const countByProtocol = bpf.asm`
  r2 = *(u32 *)(r1 +0)      ; data
  r3 = *(u32 *)(r1 +4)      ; data_end
  r0 = 2                    ; XDP_PASS
  exit
`;

export const headerChecksum = bpf.asm`
  w0 = -1                   ; no whole header
  exit
`;

export const destinationPort = bpf.asm`
  r0 = 0                    ; no port
  exit
`;
