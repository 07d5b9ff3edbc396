import type { UserStruct } from "../cred.ts";
import { type SignalScope, sendSigqueue } from "../signal-send.ts";
import type { KernelSiginfo, SignalStruct, Sigqueue } from "../signal-struct.ts";
import type { Task } from "../task.ts";
import type { Itimerspec } from "./time64.ts";

export const SIGEV_NONE = 1;

/** What lets a POSIX timer end: a timer by a clock, or by used CPU time. */
export interface TimerEngine {
  expires: number;
  start(expires: number): void;
  cancel(): boolean;
  /** The present time in the same count as `expires`. */
  now(): number;
  forwardNow(interval: number): number;
}

type TimerStatus = "disarmed" | "armed" | "requeue-pending";
const INT_MAX = 0x7fffffff;

/**
 * A timer of `timer_create(2)`.
 *
 * @linux include/linux/posix-timers.h `struct k_itimer` (6.18)
 */
export class PosixTimer {
  readonly id: number;
  readonly clockid: number;
  readonly notify: number;
  readonly scope: SignalScope;
  /** Who gets the signal. */
  readonly target: Task;
  readonly signal: SignalStruct;
  engine!: TimerEngine;
  intervalNs = 0;
  status: TimerStatus = "disarmed";
  #overrun = -1;
  #overrunLast = 0;
  /** Counts what makes a signal that waits out of date. */
  #signalSeq = 0;
  #queuedSeq = -1;
  readonly #sigqueue: Sigqueue;
  /** Who has the room for its signal on the account, as long as it exists. */
  readonly #user: UserStruct;
  /** It fired while its signal was ignored, and will send it when that ends. */
  isIgnored = false;
  isDeleted = false;

  constructor(
    id: number,
    clockid: number,
    notify: number,
    scope: SignalScope,
    target: Task,
    info: KernelSiginfo,
    user: UserStruct,
  ) {
    this.id = id;
    this.clockid = clockid;
    this.notify = notify;
    this.scope = scope;
    this.target = target;
    this.signal = target.signal;
    this.#user = user;
    this.#sigqueue = { info, user: undefined, deliver: (queued) => this.deliver(queued) };
  }

  get signo(): number {
    return this.#sigqueue.info.signo;
  }

  /** How often it ended between the last two signals, at most INT_MAX. */
  get overrunLast(): number {
    return Math.min(this.#overrunLast, INT_MAX);
  }

  /** @linux kernel/time/posix-timers.c `common_timer_set` (6.18) */
  set({ intervalNs, valueNs }: Itimerspec, expires: number): void {
    this.#signalSeq++;
    this.isIgnored = false;
    this.engine.cancel();
    this.status = "disarmed";
    this.intervalNs = valueNs === 0 ? 0 : intervalNs;
    this.#overrunLast = 0;
    this.#overrun = -1;
    if (valueNs === 0) {
      this.engine.expires = 0;
      return;
    }
    this.engine.expires = expires;
    if (this.notify === SIGEV_NONE) return;
    this.status = "armed";
    this.engine.start(expires);
  }

  /** The period and what is left. @linux kernel/time/posix-timers.c `common_timer_get` (6.18) */
  get(): Itimerspec {
    const isNone = this.notify === SIGEV_NONE;
    if (this.intervalNs === 0 && this.status === "disarmed" && !isNone) {
      return { intervalNs: 0, valueNs: 0 };
    }
    if (this.engine.expires === 0) return { intervalNs: this.intervalNs, valueNs: 0 };
    if (this.intervalNs > 0 && this.status !== "armed") {
      this.#overrun += this.engine.forwardNow(this.intervalNs);
    }
    const left = this.engine.expires - this.engine.now();
    // One that has to send a signal still has some time left, as long as it has not.
    if (left <= 0) return { intervalNs: this.intervalNs, valueNs: isNone ? 0 : 1 };
    return { intervalNs: this.intervalNs, valueNs: left };
  }

  /** It ends. @linux kernel/time/posix-timers.c `posix_timer_queue_signal` (6.18) */
  fire(): void {
    if (this.status !== "armed") return;
    this.status = this.intervalNs > 0 ? "requeue-pending" : "disarmed";
    this.#send();
  }

  #send(): void {
    this.#queuedSeq = this.#signalSeq;
    const isQueued = sendSigqueue(this.#sigqueue, this.#receiver(), this.scope);
    if (!isQueued && this.status === "requeue-pending") this.isIgnored = true;
  }

  #receiver(): Task {
    if (this.scope === "thread") return this.target;
    return this.signal.threads.find((thread) => thread.isThreadGroupLeader) ?? this.target;
  }

  /** @linux kernel/signal.c `posixtimer_sig_unignore` (6.18) */
  unignore(): void {
    if (!this.isIgnored || this.isDeleted) return;
    this.isIgnored = false;
    this.#send();
  }

  /**
   * The signal is taken: a periodic timer runs on, and what it missed is counted. Undefined when the
   * timer was set or deleted meanwhile: then there is no signal.
   *
   * @linux kernel/time/posix-timers.c `posixtimer_deliver_signal` (6.18)
   */
  deliver(info: KernelSiginfo): KernelSiginfo | undefined {
    if (this.isDeleted || this.#signalSeq !== this.#queuedSeq) return undefined;
    if (this.intervalNs > 0 && this.status === "requeue-pending") {
      this.#overrun += this.engine.forwardNow(this.intervalNs);
      this.status = "armed";
      this.engine.start(this.engine.expires);
      this.#overrunLast = this.#overrun;
      this.#overrun = -1;
    }
    this.#signalSeq++;
    return { ...info, overrun: this.overrunLast };
  }

  delete(): void {
    this.isDeleted = true;
    this.engine.cancel();
    this.#user.sigpending--;
  }
}
