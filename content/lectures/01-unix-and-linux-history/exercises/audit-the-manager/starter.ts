import type { Audit, MachineRecord } from "./contract.ts";

export function audit(record: MachineRecord): Audit {
  const processes = new Map<number, { pid: number; userNs: number; systemNs: number }>();
  for (const { chargedTo: pid } of record.moments) {
    if (pid !== 0) processes.set(pid, { pid, userNs: 0, systemNs: 0 });
  }
  return {
    processes: [...processes.values()],
    interruptNs: 0,
    switchNs: 0,
    idleNs: record.cpus * (record.to - record.from),
    devices: [],
    peakPages: record.pagesAtStart,
  };
}
