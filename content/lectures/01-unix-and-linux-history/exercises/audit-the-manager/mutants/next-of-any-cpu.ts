// Wrong: lets a moment end with the next one of any CPU.
import type { Audit, MachineRecord, Moment } from "./contract.ts";

export function audit(record: MachineRecord): Audit {
  const processes = new Map<number, { pid: number; userNs: number; systemNs: number }>();
  const nobodys = { interrupt: 0, switch: 0, idle: 0 };
  for (const { moment, ns } of lengths(record)) {
    const { chargedTo: pid, doing } = moment;
    if (pid === 0) {
      nobodys[doing as keyof typeof nobodys] += ns;
      continue;
    }
    const account = processes.get(pid) ?? { pid, userNs: 0, systemNs: 0 };
    processes.set(pid, account);
    if (doing === "user") account.userNs += ns;
    else account.systemNs += ns;
  }
  return {
    processes: [...processes.values()].sort((a, b) => a.pid - b.pid),
    interruptNs: nobodys.interrupt,
    switchNs: nobodys.switch,
    idleNs: nobodys.idle,
    devices: devicesOf(record),
    peakPages: peakOf(record),
  };
}

function lengths({ moments, to }: MachineRecord): { moment: Moment; ns: number }[] {
  const endOf = new Map<number, number>();
  const found: { moment: Moment; ns: number }[] = [];
  for (const moment of [...moments].reverse()) {
    found.push({ moment, ns: (endOf.get(0) ?? to) - moment.at });
    endOf.set(0, moment.at);
  }
  return found;
}

function devicesOf({ events }: MachineRecord): Audit["devices"] {
  const devices = new Map<number, { dev: number; readBytes: number; writtenBytes: number }>();
  for (const { name, fields } of events) {
    if (name !== "block:block_rq_complete") continue;
    const dev = Number(fields["dev"]);
    const device = devices.get(dev) ?? { dev, readBytes: 0, writtenBytes: 0 };
    devices.set(dev, device);
    if (String(fields["rwbs"]).startsWith("W")) device.writtenBytes += Number(fields["bytes"]);
    else device.readBytes += Number(fields["bytes"]);
  }
  return [...devices.values()].sort((a, b) => a.dev - b.dev);
}

function peakOf({ events, pagesAtStart }: MachineRecord): number {
  let pages = pagesAtStart;
  let peak = pages;
  for (const { name, fields } of events) {
    const count = 2 ** Number(fields["order"]);
    if (name === "kmem:mm_page_alloc") pages += count;
    if (name === "kmem:mm_page_free") pages -= count;
    peak = Math.max(peak, pages);
  }
  return peak;
}
