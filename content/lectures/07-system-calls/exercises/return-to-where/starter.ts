import type { Victim } from "./contract.ts";

/** What the program reads from /input, at most 512 bytes. */
export function payload({ bufferBytes, secret, code }: Victim): Uint8Array {
  const bytes = new Uint8Array(bufferBytes);
  return bytes.fill(0x41);
}

/**
 * int setjmp(jmp_buf buf): 0; later what longjmp says.
 * void longjmp(jmp_buf buf, int value)
 *
 * cdecl; a jmp_buf has 32 bytes. Right as long as nobody looks.
 */
export const jumps = `
setjmp:
  mov 4(%esp), %eax       # buf
  mov %ebx, (%eax)
  mov %esi, 4(%eax)
  mov %edi, 8(%eax)
  mov %ebp, 12(%eax)
  mov %esp, 16(%eax)
  mov (%esp), %ecx        # the return address
  mov %ecx, 20(%eax)
  xor %eax, %eax
  ret

longjmp:
  mov 4(%esp), %edx       # buf
  mov 8(%esp), %eax       # value
  mov (%edx), %ebx
  mov 4(%edx), %esi
  mov 8(%edx), %edi
  mov 12(%edx), %ebp
  mov 16(%edx), %esp
  mov 20(%edx), %ecx
  mov %ecx, (%esp)
  ret
`;
