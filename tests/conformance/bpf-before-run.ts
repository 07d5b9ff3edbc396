import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import {
  mapDeleteElem,
  mapLookupAndDeleteElem,
  mapLookupElem,
  mapUpdateElem,
} from "../../kernel-sim/bpf/syscall.ts";
import { testRun } from "../../kernel-sim/bpf/test-run.ts";
import type { BeforeRecord } from "./bpf-record.ts";

/** Descriptors of what a record has made. */
export interface RecordObjects {
  readonly maps: readonly number[];
  readonly progs: readonly number[];
}

/** Does what was done before one of the runs of a record; "" when all answers agree. */
export function doBefore(
  kernel: BpfKernel,
  steps: readonly BeforeRecord[],
  objects: RecordObjects,
): string {
  for (const [i, step] of steps.entries()) {
    const difference = differenceIn(kernel, step, objects);
    if (difference !== "") return `before, ${i} (${step.op}): ${difference}`;
  }
  return "";
}

/** Time passes, and what comes due is called. */
export function wait(kernel: BpfKernel, ms: number): void {
  kernel.async.advanceTo(kernel.clock.now() + ms * 1_000_000);
}

function differenceIn(
  kernel: BpfKernel,
  step: BeforeRecord,
  { maps, progs }: RecordObjects,
): string {
  const { op, map = 0, key = "", value = "", flags = 0, ms = 0, errno = 0 } = step;
  const fd = maps[map] ?? -1;
  const keyBytes = Uint8Array.from(Buffer.from(key, "hex"));
  switch (op) {
    case "wait":
      wait(kernel, ms);
      return "";
    case "close":
      close(kernel, fd);
      return "";
    case "run":
      return differenceInRun(kernel, step, progs[step.prog ?? 0] ?? -1);
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

function differenceInRun(kernel: BpfKernel, step: BeforeRecord, fd: number): string {
  const prog = kernel.files.get(fd);
  if (!(prog instanceof LoadedProgram)) return `program ${step.prog} was not loaded`;
  const ctxIn = Uint8Array.from(Buffer.from(step.ctx ?? "", "hex"));
  const {
    errno,
    retval,
    ctxOut = ctxIn,
  } = testRun(kernel, prog, {
    dataIn: new Uint8Array(0),
    ctxIn,
    repeat: 0,
  });
  const answer = `${-errno} ${retval} ${Buffer.from(ctxOut).toString("hex")}`;
  const expected = `${step.errno} ${step.retval} ${step.ctx_out}`;
  return answer === expected ? "" : `${answer}, expected ${expected}`;
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
