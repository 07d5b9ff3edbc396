import { bpf } from "kernel-sim";

export const countOptions = bpf.asm`
    r9 = r1                   ; the context, kept over calls
    r1 = r9
    call option
    w0 = -1                   ; not a valid list
    exit

  option:
    r0 = 0
    exit
`;
