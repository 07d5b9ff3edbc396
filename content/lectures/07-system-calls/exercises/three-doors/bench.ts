/** A program around a stub, which calls it case by case and keeps what came of each. */

/** What one case leaves behind. */
export const ANSWER_BYTES = 24;

interface Case {
  readonly nr: number;
  readonly args: readonly number[];
  /** What ebx, esi, edi and ebp hold at the call. */
  readonly registers: readonly number[];
}

interface Answer {
  readonly eax: number | undefined;
  /** ebx, esi, edi, ebp behind the call. */
  readonly registers: readonly number[];
  /** By how much esp has moved. */
  readonly espMoved: number | undefined;
}

/** A program that calls the function once for each case, writes down what comes back, and waits. */
export function programOf(source: string, label: string, cases: readonly Case[]): string {
  const words = cases.flatMap(({ nr, args, registers }) => [nr, ...args, ...registers]);
  return `${HARNESS.replace("STUB", label)}
${source}
  .data
  .balign 4
vsyscall: .long 0
outer_esp: .long 0
inner_esp: .long 0
from: .long cases
to: .long answers
cases: .long ${words.map((word) => word >>> 0).join(", ")}
cases_end: .long 0
answers: .space ${cases.length * ANSWER_BYTES}
`;
}

export function readAnswers(memory: Uint8Array | undefined, count: number): Answer[] {
  const view = memory === undefined ? undefined : new DataView(memory.slice().buffer);
  return Array.from({ length: count }, (_, i) => {
    const word = (at: number) => view?.getUint32(i * ANSWER_BYTES + at * 4, true);
    const registers = [1, 2, 3, 4].map((at) => word(at) ?? 0);
    return { eax: word(0), registers, espMoved: word(5) };
  });
}

/** Finds `__kernel_vsyscall` in the auxiliary vector, then calls the function for case after case. */
const HARNESS = `
  .globl _start
_start:
  mov (%esp), %eax            # over the arguments and the environment
  lea 8(%esp,%eax,4), %esi
1: mov (%esi), %eax
  add $4, %esi
  test %eax, %eax
  jnz 1b
2: cmpl $32, (%esi)           # AT_SYSINFO
  je 3f
  add $8, %esi
  jmp 2b
3: mov 4(%esi), %eax
  mov %eax, vsyscall
next:
  mov from, %eax
  cmp $cases_end, %eax
  je done
  mov %esp, outer_esp
  pushl 24(%eax)
  pushl 20(%eax)
  pushl 16(%eax)
  pushl 12(%eax)
  pushl 8(%eax)
  pushl 4(%eax)
  pushl (%eax)
  mov 28(%eax), %ebx
  mov 32(%eax), %esi
  mov 36(%eax), %edi
  mov 40(%eax), %ebp
  mov %esp, inner_esp
  call STUB
  mov to, %ecx
  mov %eax, (%ecx)
  mov %ebx, 4(%ecx)
  mov %esi, 8(%ecx)
  mov %edi, 12(%ecx)
  mov %ebp, 16(%ecx)
  mov %esp, %edx
  sub inner_esp, %edx
  mov %edx, 20(%ecx)
  mov outer_esp, %esp
  addl $24, to
  addl $44, from
  jmp next
done:
  mov $29, %eax               # pause: its memory stays to be looked at
  int $0x80
  jmp done
`;
