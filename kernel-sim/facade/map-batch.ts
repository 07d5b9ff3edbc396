import type { BpfMap, BpfMapBatch, BytesLike } from "../api.ts";
import { type MapBatchAttr, mapBatch } from "../bpf/map-batch.ts";
import type { OpenKernel } from "./map.ts";

/** The batch commands of a map's descriptor. */
export function batchMethods(
  open: OpenKernel,
  fd: number,
  keyBytes: (key: BytesLike) => Uint8Array,
  valueBytes: (value: BytesLike) => Uint8Array,
): Pick<BpfMap, "lookupBatch" | "lookupAndDeleteBatch" | "updateBatch" | "deleteBatch"> {
  const attr = (part: Partial<MapBatchAttr>): MapBatchAttr => ({
    ...{ mapFd: fd, count: 0, inBatch: null, keys: null, values: null, elemFlags: 0, flags: 0 },
    ...part,
  });

  function read(
    command: "lookup" | "lookup_and_delete",
    count: number,
    from: Uint8Array | undefined,
  ): BpfMapBatch {
    if (!Number.isInteger(count) || count < 0 || count > 0xffff_ffff) {
      throw new TypeError(`count is a whole number from 0 to 4294967295, not ${String(count)}`);
    }
    const inBatch = from === undefined ? null : Uint8Array.from(from);
    if (inBatch !== null && inBatch.length < 4) throw new TypeError("that is no end of a batch");
    const answer = mapBatch(open(), command, attr({ count, inBatch }));
    const entries = answer.keys.map((key, i) => Object.freeze({ key, value: answer.values[i]! }));
    return Object.freeze({
      errno: answer.errno,
      entries: Object.freeze(entries),
      next: answer.outBatch,
    });
  }

  return {
    lookupBatch: (count, from) => read("lookup", count, from),
    lookupAndDeleteBatch: (count, from) => read("lookup_and_delete", count, from),
    updateBatch(entries) {
      const keys = joined(entries.map(({ key }) => keyBytes(key)));
      const values = joined(entries.map(({ value }) => valueBytes(value)));
      const part = { count: entries.length, keys, values };
      const { errno, count } = mapBatch(open(), "update", attr(part));
      return Object.freeze({ errno, done: count });
    },
    deleteBatch(given) {
      const part = { count: given.length, keys: joined(given.map(keyBytes)) };
      const { errno, count } = mapBatch(open(), "delete", attr(part));
      return Object.freeze({ errno, done: count });
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
