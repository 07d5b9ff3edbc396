import type { ByteString } from "../fs/fs.ts";
import type { Kernel } from "./kernel.ts";
import { WaitQueueHead } from "./wait.ts";

/** One line of the kernel's log. */
interface PrintkRecord {
  /** 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** 0: the kernel itself; 1: a program that wrote to /dev/kmsg. */
  readonly facility: number;
  /** In ns since boot. */
  readonly timeNs: number;
  readonly text: ByteString;
}

/** So many lines are kept. */
const LOG_LINES = 4096;

/**
 * The kernel's log: the newest lines, by ascending numbers that are never given again.
 *
 * @linux kernel/printk/printk_ringbuffer.c (6.18)
 */
export class KernelLog {
  readonly records: PrintkRecord[] = [];
  /** The number of the first line that is kept. */
  firstSeq = 0;
  /** Who waits for a new line. */
  readonly wait = new WaitQueueHead();
  /** The next line for syslog(READ) and /proc/kmsg, and how much of it they have had. */
  syslogSeq = 0;
  syslogPartial = 0;
  /** The first line that syslog(CLEAR) has left to syslog(READ_ALL). */
  clearSeq = 0;
  consoleLevel = 7;
  savedConsoleLevel: number | undefined = undefined;

  get nextSeq(): number {
    return this.firstSeq + this.records.length;
  }

  /** The line of that number, when it is still there. */
  at(seq: number): PrintkRecord | undefined {
    return this.records[seq - this.firstSeq];
  }

  append(record: PrintkRecord): void {
    this.records.push(record);
    if (this.records.length > LOG_LINES) {
      this.records.shift();
      this.firstSeq++;
    }
    this.wait.wakeUpAll();
  }
}

/** The log of this machine. */
export function kernelLog(kernel: Kernel): KernelLog {
  return kernel.subsystem("printk", () => new KernelLog());
}

/**
 * Writes a line to the kernel's log.
 *
 * @linux kernel/printk/printk.c (6.18)
 */
export function printk(kernel: Kernel, level: number, text: ByteString): void {
  kernelLog(kernel).append({ level, facility: 0, timeNs: kernel.now(), text });
  kernel.tracing.event("printk:console", { msg: text });
}

/** A line as syslog(2) and /proc/kmsg give it: level, time, text. @linux `record_print_text` */
export function recordText(record: PrintkRecord): ByteString {
  const prefix = `<${record.facility * 8 + record.level}>${timeStamp(record.timeNs)}`;
  return record.text
    .split("\n")
    .map((line) => `${prefix}${line}\n`)
    .join("");
}

function timeStamp(ns: number): string {
  const seconds = String(Math.floor(ns / 1e9)).padStart(5, " ");
  const micros = String(Math.floor((ns % 1e9) / 1000)).padStart(6, "0");
  return `[${seconds}.${micros}] `;
}
