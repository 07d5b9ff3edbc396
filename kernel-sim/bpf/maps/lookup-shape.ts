/** What compiled code has to know about a map to find a value in it by itself. */
export type LookupShape = ArrayLookup | HashLookup;

export interface ArrayLookup {
  readonly kind: "array";
  /** Address of the first value. */
  readonly values: number;
  readonly maxEntries: number;
  /** Bytes from an index to the next. */
  readonly indexStride: number;
  /** Bytes from the value of a CPU to that of the next; 0: they share one. */
  readonly cpuStride: number;
}

export interface HashLookup {
  readonly kind: "hash";
  readonly keySize: number;
  readonly seed: number;
  /** Address of the heads of all buckets, words of 32 bits. */
  readonly buckets: number;
  readonly bucketMask: number;
  /** Where the value stands in an element: behind the address of the next one, hash and key. */
  readonly valueAt: number;
  readonly cpuStride: number;
}
