import type { BpfBtf, LoadAttr } from "../api.ts";
import type { Btf } from "../bpf/btf/btf.ts";
import { btfLoad } from "../bpf/btf/btf-load.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { ProgBtfAttr } from "../bpf/prog-load.ts";
import type { InfoRecords } from "../bpf/verifier/info-records.ts";
import { EBADF, errnoName } from "../include/errno.ts";
import { makeBpfError } from "./bpf-error.ts";
import { facade } from "./facade.ts";

/** Room for any log: 16 MiB. */
const LOG_BYTES = 1 << 24;

/** BPF_BTF_LOAD. Throws a `BpfError` with the log when Linux refuses. */
export function loadBtf(open: () => BpfKernel, bytes: Uint8Array): BpfBtf {
  const { fd, log } = loadBytes(open(), bytes);
  const { id } = open().btfOfFd(fd) as Btf;
  return facade({
    ...{ fd, id, log },
    close() {
      const kernel = open();
      if (!kernel.ownFiles.has(fd)) throw makeBpfError("the types were closed", EBADF);
      kernel.ownFiles.closeFd(fd);
    },
  } satisfies BpfBtf);
}

function loadBytes(kernel: BpfKernel, bytes: Uint8Array) {
  const request = { btf: Uint8Array.from(bytes), logLevel: 1, logSize: LOG_BYTES };
  const { fd, log } = btfLoad(kernel, { ...request, hasLogBuffer: true });
  if (fd >= 0) return { fd, log };
  const last = log.trimEnd().split("\n").at(-1) || errnoName(-fd);
  throw makeBpfError(`bpf(BPF_BTF_LOAD): ${last}`, -fd, { log, explanation: undefined });
}

/**
 * Does something with a descriptor of types (0: there are none). That of bytes is open as long as this takes: the maps and
 * programs that are made hold the types themselves.
 */
export function withBtf<T>(
  kernel: BpfKernel,
  given: BpfBtf | Uint8Array | undefined,
  use: (fd: number) => T,
): T {
  if (given === undefined) return use(0);
  if (!(given instanceof Uint8Array)) return use(Number(given.fd));
  const { fd } = loadBytes(kernel, given);
  try {
    return use(fd);
  } finally {
    kernel.ownFiles.closeFd(fd);
  }
}

type Records = Pick<LoadAttr, "funcInfo" | "lineInfo" | "coreRelo">;

/** The words of a record, in order. @linux include/uapi/linux/bpf.h (6.18) */
const WORDS = {
  funcInfo: ["insnOff", "typeId"],
  lineInfo: ["insnOff", "fileNameOff", "lineOff", "lineCol"],
  coreRelo: ["insnOff", "typeId", "accessStrOff", "kind"],
} as const;

/** What types say of a program's instructions. @throws a TypeError for what is no word of a record */
export function progBtfOf(kernel: BpfKernel, records: Records, progBtfFd: number): ProgBtfAttr {
  const types = kernel.btfOfFd(progBtfFd);
  return {
    progBtfFd,
    ...(typeof types === "number" ? {} : { held: types }),
    funcInfo: recordsOf("funcInfo", records.funcInfo),
    lineInfo: recordsOf("lineInfo", records.lineInfo),
    coreRelo: recordsOf("coreRelo", records.coreRelo),
  };
}

function recordsOf(
  what: keyof typeof WORDS,
  given: readonly Readonly<Partial<Record<string, number>>>[] = [],
): InfoRecords {
  const names: readonly string[] = WORDS[what];
  const view = new DataView(new ArrayBuffer(given.length * names.length * 4));
  given.forEach((record, at) => {
    names.forEach((name, i) => {
      const word = record[name];
      if (word === undefined || !Number.isInteger(word) || word < 0 || word > 0xffff_ffff) {
        throw new TypeError(
          `${name} of ${what}[${at}] is a whole number of 32 bits, not ${String(word)}`,
        );
      }
      view.setUint32((at * names.length + i) * 4, word, true);
    });
  });
  const recSize = given.length === 0 ? 0 : names.length * 4;
  return { bytes: new Uint8Array(view.buffer), recSize, count: given.length };
}
