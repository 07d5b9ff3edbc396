/** From `at` on a CPU does this: until its next moment, or to the end of the record. */
export interface Moment {
  /** In ns since boot. */
  readonly at: number;
  readonly cpu: number;
  /** The process that the CPU has; 0 is the idle task. */
  readonly current: number;
  /** "user", "kernel", "interrupt", "switch" or "idle". */
  readonly doing: string;
  /** The process in whose account the time goes; 0: in nobody's. */
  readonly chargedTo: number;
}

/** Something that the kernel has recorded. */
export interface KernelEvent {
  readonly at: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

/** What a machine has recorded between two instants. */
export interface MachineRecord {
  readonly from: number;
  readonly to: number;
  readonly cpus: number;
  /** Of all CPUs, in the order of time. Each CPU has one at `from`. */
  readonly moments: readonly Moment[];
  /** In the order of time. */
  readonly events: readonly KernelEvent[];
  /** Pages of memory that were in use at `from`. */
  readonly pagesAtStart: number;
}

export interface Audit {
  /** Every process that time was charged to, by ascending number. */
  readonly processes: readonly {
    readonly pid: number;
    readonly userNs: number;
    readonly systemNs: number;
  }[];
  /** Time of all CPUs that is in no account. */
  readonly interruptNs: number;
  readonly switchNs: number;
  readonly idleNs: number;
  /** Bytes that each device has moved, by ascending device number. */
  readonly devices: readonly {
    readonly dev: number;
    readonly readBytes: number;
    readonly writtenBytes: number;
  }[];
  /** The most pages that were in use at any instant. */
  readonly peakPages: number;
}

/** What a submission exports. */
export interface Submission {
  readonly audit: (record: MachineRecord) => Audit;
}
