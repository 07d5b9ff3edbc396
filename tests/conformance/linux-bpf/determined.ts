/** Whether what a program answers is the same on every machine, or hangs on addresses, time and chance. */
import { CPU_STACK_BYTES } from "../../../kernel-sim/bpf/interpreter.ts";
import { BpfKernel } from "../../../kernel-sim/bpf/kernel.ts";
import { Clock } from "../../../kernel-sim/hw/clock.ts";
import { TraceRing } from "../../../kernel-sim/trace/ring.ts";
import type { VerifyRecord } from "../bpf-record.ts";
import { checkVerifyRecord, type VerifyResult } from "../bpf-verify.ts";

/** Simulators that differ in all that a program's answer must not depend on. */
const OTHERS = 8;
/** Bytes that lie in front of everything in the first of them. */
const SHIFT = 0x4_5670;
/** Up to an hour: every bit of a time is set in some of them. */
const delayMs = (number: number) => 5123 + (Math.imul(number, 0x9e37_79b1) >>> 10);
/** Objects of the sizes of small ones move those that follow, within their page. */
const SMALL_SIZES = Array.from({ length: 32 }, (_, i) => 8 * (i + 1));

/** Whether a run has the same answers wherever the machine's memory lies, and at any time, whatever is drawn. */
export function isDetermined(record: VerifyRecord, { difference }: VerifyResult): boolean {
  if (usesPointerAsNumber(record)) return false;
  const others = Array.from({ length: OTHERS }, (_, i) => otherKernel(i + 1));
  return others.every((kernel) => checkVerifyRecord(record, kernel).difference === difference);
}

function otherKernel(number: number): BpfKernel {
  const kernel = new ShiftedKernel(1 + number, 2, new Clock(), new TraceRing());
  kernel.memory.alloc(SHIFT * number);
  for (const size of SMALL_SIZES.slice(number)) kernel.memory.alloc(size);
  kernel.clock.advance(delayMs(number) * 1e6 + 456_789);
  kernel.garbage = 0xff - 0x12 * number;
  kernel.cpu(0).stackGarbage = kernel.garbage;
  kernel.current = { pid: 77, tgid: 78, uid: 79, gid: 80, comm: "another" };
  return kernel;
}

/** Its stacks lie elsewhere too, not even in pages of their own. */
class ShiftedKernel extends BpfKernel {
  /** In every byte of its stacks, those of called functions too, before the first program runs. */
  garbage = 0;
  readonly #stacks = new Map<number, number>();

  protected override stackOf(cpu: number): number {
    const known = this.#stacks.get(cpu);
    if (known !== undefined) return known;
    this.memory.alloc(SHIFT);
    const room = this.memory.alloc(CPU_STACK_BYTES + 4096);
    this.memory.bytes.fill(this.garbage, room, room + CPU_STACK_BYTES + 4096);
    const stack = room + 8 * (this.random.nextInt32() & 511);
    this.#stacks.set(cpu, stack);
    return stack;
  }
}

/**
 * Whether a number is made of a pointer's bits, or a pointer is compared with a number other than 0: addresses are
 * larger in Linux than any address here, so no other place shows that this counts.
 */
function usesPointerAsNumber(record: VerifyRecord): boolean {
  const { log } = checkVerifyRecord({
    ...record,
    attr: { ...record.attr, log_level: 2 },
    runs: [],
  });
  return log.split("\n").some((line) => {
    const [, op = "", state = ""] = /^\d+: \([0-9a-f]{2}\) (.*?) +; (.*)$/.exec(line) ?? [];
    const holdsPointer = (reg: string) => {
      const [, type = "scalar"] = new RegExp(`\\bR${reg}(?:_\\w+)?=([a-z_]*)`).exec(state) ?? [];
      return type !== "" && type !== "scalar";
    };
    const compared = /^if [rw](\d+) (\S+) (?:[rw](\d+)|(\S+)) goto/.exec(op);
    if (compared !== null) {
      const [, left = "", sign = "", right, number] = compared;
      const isNullCheck = number === "0x0" && (sign === "==" || sign === "!=");
      const isPointer = right !== undefined && holdsPointer(right);
      return holdsPointer(left) ? !isPointer && !isNullCheck : isPointer;
    }
    const shortened = /^r\d+ = \(s\d+\)r(\d+)|^w\d+ = (?:\(s\d+\))?w(\d+)/.exec(op);
    return shortened !== null && holdsPointer((shortened[1] ?? shortened[2]) as string);
  });
}
