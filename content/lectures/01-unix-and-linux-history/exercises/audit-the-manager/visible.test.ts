import { exercise, type Plain } from "exercise";

const RECORD = {
  from: 0,
  to: 100,
  cpus: 2,
  moments: [
    { at: 0, cpu: 0, current: 7, doing: "user", chargedTo: 7 },
    { at: 0, cpu: 1, current: 0, doing: "idle", chargedTo: 0 },
    { at: 30, cpu: 0, current: 7, doing: "interrupt", chargedTo: 0 },
    { at: 36, cpu: 0, current: 7, doing: "user", chargedTo: 7 },
    { at: 56, cpu: 0, current: 7, doing: "kernel", chargedTo: 7 },
    { at: 66, cpu: 0, current: 0, doing: "idle", chargedTo: 0 },
  ],
  events: [
    block("queue", "block:block_bio_queue", "W", 1024),
    block("issue", "block:block_rq_issue", "W", 1024),
    page("kmem:mm_page_alloc", 2),
    block("done", "block:block_rq_complete", "W", 1024),
    page("kmem:mm_page_free", 2),
    page("kmem:mm_page_alloc", 0),
    block("issue", "block:block_rq_issue", "R", 512),
  ],
  pagesAtStart: 10,
};

export default exercise("audit-the-manager", ({ test }) => {
  test("processor", async ({ player, check }) => {
    const { processes } = await audited(player.call("audit", RECORD));
    const [seven] = Array.isArray(processes) ? processes : [];
    check(
      field(seven, "userNs") === 50 && field(seven, "systemNs") === 10,
      `Process 7 has 50 ns of user and 10 ns of system time, not ${show(seven)}.`,
    );
  });

  test("nobodys-time", async ({ player, check }) => {
    const answer = await audited(player.call("audit", RECORD));
    check(
      answer["interruptNs"] === 6,
      `The interrupt took 6 ns, not ${show(answer["interruptNs"])}.`,
    );
    check(
      answer["idleNs"] === 134,
      `CPU 0 is idle for 34 ns and CPU 1 for 100, not ${show(answer["idleNs"])} together.`,
    );
  });

  test("devices", async ({ player, check }) => {
    const { devices } = await audited(player.call("audit", RECORD));
    check(
      Array.isArray(devices) && devices.length === 1,
      `One device has completed a request; your list: ${show(devices)}.`,
    );
    const [disk] = Array.isArray(devices) ? devices : [];
    check(
      field(disk, "writtenBytes") === 1024 && field(disk, "readBytes") === 0,
      `1024 bytes were written, and the read is not done yet; you answer ${show(disk)}.`,
    );
  });

  test("memory", async ({ player, check }) => {
    const { peakPages } = await audited(player.call("audit", RECORD));
    check(peakPages === 14, `10 pages and 4 more are 14 at the peak, not ${show(peakPages)}.`);
  });
});

function block(_: string, name: string, rwbs: string, bytes: number): Plain {
  return { at: 50, name, fields: { dev: 8388608, sector: 12, bytes, rwbs } };
}

function page(name: string, order: number): Plain {
  return { at: 50, name, fields: { pfn: 256, order } };
}

async function audited(answer: Promise<Plain>): Promise<{ readonly [key: string]: Plain }> {
  const audit = await answer;
  return typeof audit === "object" && audit !== null ? (audit as { [key: string]: Plain }) : {};
}

function field(row: Plain, name: string): Plain {
  return typeof row === "object" && row !== null
    ? (row as { readonly [key: string]: Plain })[name]
    : undefined;
}

function show(value: Plain): string {
  return JSON.stringify(value) ?? "nothing";
}
