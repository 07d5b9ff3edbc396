import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addIsaIrq, addLevelIrq, addMsiIrq } from "../../arch/x86/apic/chips.ts";
import type { InterruptController } from "../../arch/x86/irq.ts";
import { EBUSY, EINVAL } from "../../include/errno.ts";
import { bareTask } from "../../init/bare-task.ts";
import { startKernelThreads } from "../../init/kernel-threads.ts";
import { startKernel } from "../../init/main.ts";
import type { Kernel } from "../kernel.ts";
import { kernelLog } from "../printk.ts";
import { raiseSoftirq, TASKLET_SOFTIRQ } from "../softirq.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from "../state.ts";
import { Tasklet, taskletHiSchedule, taskletSchedule } from "../tasklet.ts";
import { IRQ_HANDLED, IRQ_NONE, irqToDesc } from "./irqdesc.ts";
import {
  disableIrq,
  enableIrq,
  freeIrq,
  IRQF_SHARED,
  irqSetAffinity,
  requestIrq,
} from "./manage.ts";

const LINE = 5;

function started(interruptController: InterruptController = "apic", cpus = 2): Kernel {
  const { kernel } = startKernel({ seed: 1, cpus, interruptController });
  kernel.tracing.isEnabled = false;
  return kernel;
}

const action = fc.constantFrom("ask", "ask", "cli", "sti", "disable", "enable");

describe.each(["wire, APIC", "message, APIC", "wire, 8259A"] as const)("an edge: %s", (kind) => {
  test("is neither lost nor handled twice, however often it was forbidden", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const kernel = started(kind === "wire, 8259A" ? "8259a" : "apic", 1);
        if (kind === "message, APIC") addMsiIrq(kernel, LINE, "PCI-MSI", 0);
        else addIsaIrq(kernel, LINE);
        let [asked, handled] = [false, 0];
        const handler = () => {
          expect(asked).toBe(true);
          asked = false;
          handled++;
          kernel.irq.setLine(LINE, false);
          return IRQ_HANDLED;
        };
        expect(requestIrq(kernel, LINE, handler, 0, "card", undefined)).toBe(0);
        let [depth, isOff, wanted] = [0, false, 0];
        for (const one of actions) {
          if (one === "cli") kernel.irq.localIrqDisable();
          if (one === "sti") kernel.irq.localIrqEnable();
          if (one === "cli" || one === "sti") isOff = one === "cli";
          if (one === "disable") {
            disableIrq(kernel, LINE);
            depth++;
          }
          if (one === "enable" && depth > 0) {
            enableIrq(kernel, LINE);
            depth--;
          }
          // A device that has asked asks no second time before it was served.
          if (one === "ask" && !asked) {
            asked = true;
            wanted++;
            kernel.irq.setLine(LINE, true);
          }
          if (depth === 0 && !isOff) {
            kernel.run(kernel.now() + 1_000_000);
            expect(handled).toBe(wanted);
          }
        }
        for (; depth > 0; depth--) enableIrq(kernel, LINE);
        kernel.irq.localIrqEnable();
        kernel.run(kernel.now() + 1e9);
        expect([handled, irqToDesc(kernel, LINE)!.count]).toEqual([wanted, wanted]);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(["apic", "8259a"] as const)("a level: %s", (controller) => {
  test("stands until every device that shares the line was served", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }), (work) => {
        const kernel = started(controller, 1);
        addLevelIrq(kernel, 9);
        const left = [...work];
        // Each handler does one piece of work of its device at a time.
        const update = () =>
          kernel.irq.setLine(
            9,
            left.some((n) => n > 0),
          );
        work.forEach((_, device) => {
          const handler = () => {
            if (left[device] === 0) return IRQ_NONE;
            left[device]!--;
            update();
            return IRQ_HANDLED;
          };
          expect(requestIrq(kernel, 9, handler, IRQF_SHARED, `card${device}`, device)).toBe(0);
        });
        kernel.irq.localIrqDisable();
        update();
        expect(left).toEqual(work);
        kernel.irq.localIrqEnable();
        expect(left.every((n) => n === 0)).toBe(true);
      }),
    );
  });
});

test("a line is shared by those only who all say so", () => {
  const kernel = started();
  const none = () => IRQ_NONE;
  expect(requestIrq(kernel, 77, none, 0, "nothing", undefined)).toBe(-EINVAL);
  addIsaIrq(kernel, LINE);
  expect(requestIrq(kernel, LINE, none, IRQF_SHARED, "a", undefined)).toBe(-EINVAL);
  expect(requestIrq(kernel, LINE, none, 0, "a", 1)).toBe(0);
  expect(requestIrq(kernel, LINE, none, IRQF_SHARED, "b", 2)).toBe(-EBUSY);
  expect(kernelLog(kernel).records.at(-1)?.text).toBe(
    "genirq: Flags mismatch irq 5. 00000080 (b) vs. 00000000 (a)",
  );
  expect(freeIrq(kernel, LINE, 1)).toBe("a");
  expect(requestIrq(kernel, LINE, none, IRQF_SHARED, "b", 2)).toBe(0);
  expect(requestIrq(kernel, LINE, none, IRQF_SHARED, "c", 3)).toBe(0);
});

test("a line goes to another CPU from its next interrupt on", () => {
  const kernel = started();
  addIsaIrq(kernel, LINE);
  requestIrq(kernel, LINE, () => IRQ_HANDLED, 0, "card", undefined);
  const desc = irqToDesc(kernel, LINE)!;
  expect(irqSetAffinity(desc, 2n)).toBe(0);
  for (let i = 0; i < 3; i++) {
    kernel.irq.setLine(LINE, true);
    kernel.irq.setLine(LINE, false);
  }
  expect([...desc.counts]).toEqual([1, 2]);
});

test("a handler that allows interrupts is interrupted by what is more urgent", () => {
  const kernel = started();
  addIsaIrq(kernel, LINE);
  const counts: number[] = [];
  const [cpu] = kernel.irq.cpus;
  const handler = () => {
    counts.push(cpu!.preemptCount);
    kernel.irq.timerExpired(cpu!.rq, () => counts.push(cpu!.preemptCount));
    expect(counts.length).toBe(1);
    kernel.irq.localIrqEnable();
    return IRQ_HANDLED;
  };
  requestIrq(kernel, LINE, handler, 0, "card", undefined);
  kernel.irq.setLine(LINE, true);
  expect(counts).toEqual([1 << 16, 2 << 16]);
  expect([cpu!.preemptCount, cpu!.irqsDisabled]).toEqual([0, false]);
});

test("a request that goes away before the 8259A is asked becomes a spurious IRQ 7", () => {
  const kernel = started("8259a", 1);
  addIsaIrq(kernel, LINE);
  addIsaIrq(kernel, 7);
  requestIrq(kernel, LINE, () => IRQ_HANDLED, 0, "card", undefined);
  kernel.irq.localIrqDisable();
  kernel.irq.setLine(LINE, true);
  expect(kernel.irq.pic!.isPending).toBe(true);
  // The processor has seen the request and asks; the device lets go in between.
  kernel.irq.pic!.master.setLine(LINE, false);
  const vector = kernel.irq.pic!.acknowledge();
  expect(vector).toBe(0x37);
  irqToDesc(kernel, 7)!.handleIrq(kernel, irqToDesc(kernel, 7)!);
  expect(kernel.irq.errCount).toBe(1);
  expect(kernelLog(kernel).records.at(-1)?.text).toBe("spurious 8259A interrupt: IRQ7.");
});

test("a line whose interrupts nobody wants is given up", () => {
  const kernel = started("apic", 1);
  addLevelIrq(kernel, 9);
  requestIrq(kernel, 9, () => IRQ_NONE, IRQF_SHARED, "stranger", 1);
  kernel.irq.setLine(9, true);
  expect(irqToDesc(kernel, 9)!.isDisabled).toBe(true);
  expect(irqToDesc(kernel, 9)!.count).toBe(100_000);
  expect(kernelLog(kernel).records.some(({ text }) => text === "Disabling IRQ #9")).toBe(true);
});

test("after ten rounds softirqs are left to ksoftirqd, or for later", () => {
  const kernel = started("apic", 1);
  let rounds = 0;
  const tasklet = new Tasklet("again", () => {
    rounds++;
    if (rounds < 25) taskletSchedule(kernel, tasklet);
  });
  addIsaIrq(kernel, LINE);
  const handler = () => {
    taskletSchedule(kernel, tasklet);
    return IRQ_HANDLED;
  };
  requestIrq(kernel, LINE, handler, 0, "card", undefined);
  kernel.irq.setLine(LINE, true);
  expect(rounds).toBe(10);
  kernel.run(kernel.now() + 1e9);
  expect([rounds, kernel.irq.cpus[0]!.softirqs[TASKLET_SOFTIRQ]]).toEqual([25, 25]);
});

test("with kernel threads, ksoftirqd does what a storm leaves, in its own time", () => {
  const init = bareTask();
  const { kernel } = init;
  startKernelThreads(kernel, init);
  let rounds = 0;
  const tasklet = new Tasklet("again", () => {
    if (++rounds < 25) taskletSchedule(kernel, tasklet);
  });
  addIsaIrq(kernel, LINE);
  const handler = () => {
    taskletSchedule(kernel, tasklet);
    return IRQ_HANDLED;
  };
  requestIrq(kernel, LINE, handler, 0, "card", undefined);
  kernel.irq.setLine(LINE, true);
  const ksoftirqd = kernel.irq.cpus[0]!.ksoftirqd!;
  expect([rounds, ksoftirqd.state]).toEqual([10, TASK_RUNNING]);
  kernel.run(kernel.now() + 1e9);
  expect([rounds, ksoftirqd.state]).toEqual([25, TASK_INTERRUPTIBLE]);
  expect(ksoftirqd.stime).toBeGreaterThan(15 * kernel.costs.softirqNs);
});

test("what is urgent runs before what is not", () => {
  const kernel = started("apic", 1);
  const ran: string[] = [];
  const [late, soon] = ["late", "soon"].map((name) => new Tasklet(name, () => ran.push(name)));
  addIsaIrq(kernel, LINE);
  const handler = () => {
    taskletSchedule(kernel, late!);
    taskletHiSchedule(kernel, soon!);
    return IRQ_HANDLED;
  };
  requestIrq(kernel, LINE, handler, 0, "card", undefined);
  kernel.irq.setLine(LINE, true);
  expect(ran).toEqual(["soon", "late"]);
});

test("what is raised outside of interrupts runs without one", () => {
  const kernel = started("apic", 1);
  let ran = 0;
  const tasklet = new Tasklet("once", () => ran++);
  taskletSchedule(kernel, tasklet);
  taskletSchedule(kernel, tasklet);
  raiseSoftirq(kernel, TASKLET_SOFTIRQ);
  kernel.run(kernel.now() + 1e9);
  expect(ran).toBe(1);
});
