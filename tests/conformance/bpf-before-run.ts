import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import {
  mapDeleteElem,
  mapLookupAndDeleteElem,
  mapLookupElem,
  mapUpdateElem,
} from "../../kernel-sim/bpf/syscall.ts";
import type { BeforeRecord } from "./bpf-record.ts";

/** Does to the maps of a record what was done before one of its runs; "" when all answers agree. */
export function doBefore(
  kernel: BpfKernel,
  steps: readonly BeforeRecord[],
  fds: readonly number[],
): string {
  for (const [i, step] of steps.entries()) {
    const difference = differenceIn(kernel, step, fds);
    if (difference !== "") return `before, ${i} (${step.op}): ${difference}`;
  }
  return "";
}

/** Time passes, and what comes due is called. */
export function wait(kernel: BpfKernel, ms: number): void {
  kernel.async.advanceTo(kernel.clock.now() + ms * 1_000_000);
}

function differenceIn(kernel: BpfKernel, step: BeforeRecord, fds: readonly number[]): string {
  const { op, map = 0, key = "", value = "", flags = 0, ms = 0, errno = 0 } = step;
  const fd = fds[map] ?? -1;
  const keyBytes = Uint8Array.from(Buffer.from(key, "hex"));
  switch (op) {
    case "wait":
      wait(kernel, ms);
      return "";
    case "close":
      close(kernel, fd);
      return "";
    case "update": {
      const copies = (kernel.mapOfFd(fd)?.userValueSize ?? 0) / (value.length / 2);
      const bytes = Uint8Array.from(Buffer.from(value.repeat(copies), "hex"));
      return compare(mapUpdateElem(kernel, fd, keyBytes, bytes, flags), errno);
    }
    case "delete":
      return compare(mapDeleteElem(kernel, fd, keyBytes), errno);
    default: {
      const ask = op === "lookup" ? mapLookupElem : mapLookupAndDeleteElem;
      return compare(ask(kernel, fd, keyBytes, flags), errno, value);
    }
  }
}

function close(kernel: BpfKernel, fd: number): void {
  const map = kernel.mapOfFd(fd);
  if (map !== undefined) kernel.objects.release(map);
}

function compare(answer: Uint8Array | number, errno: number, value = ""): string {
  if (typeof answer === "number") return -answer === errno ? "" : `${-answer}, expected ${errno}`;
  const hex = Buffer.from(answer).toString("hex");
  return hex === value ? "" : `${hex}, expected ${value}`;
}
