import { expect, test } from "vitest";
import { boot, type Machine, terminalPort } from "#kernel-sim";
import { TERMINAL_WINDOW_BYTES, type TerminalNews } from "../protocol.ts";
import { LiveTerminals } from "./live-terminals.ts";

/** A Worker whose clock stands still unless it is moved, and a page that has seen what `see` says. */
class Stage {
  nowMs = 1000;
  readonly news: TerminalNews[] = [];
  #tasks: { at: number; run: () => void }[] = [];
  readonly terminals = new LiveTerminals({
    send: (news) => this.news.push(news),
    // Each look at the clock takes a moment, as it does.
    now: () => {
      this.nowMs += 0.05;
      return this.nowMs;
    },
    later: (run, ms) => this.#tasks.push({ at: this.nowMs + ms, run }),
    soon: (run) => this.#tasks.push({ at: this.nowMs, run }),
  });
  #seen = 0;

  open(machine: Machine): number {
    const port = terminalPort(machine.terminal({ user: "ala" }));
    if (port === undefined) throw new Error("no terminal");
    return this.terminals.open(port);
  }

  /** Lets so much time pass; the page sees all that comes. */
  pass(ms: number, sees = true): void {
    const end = this.nowMs + ms;
    for (;;) {
      this.#tasks.sort((a, b) => a.at - b.at);
      const next = this.#tasks[0];
      if (next === undefined || next.at > end || this.nowMs > end) break;
      this.#tasks.shift();
      this.nowMs = Math.max(this.nowMs, next.at);
      next.run();
      if (sees) this.see();
    }
    this.nowMs = Math.max(this.nowMs, end);
  }

  see(): void {
    if (this.printed.length === this.#seen) return;
    this.#seen = this.printed.length;
    this.terminals.receive({ type: "terminal-seen", terminal: 1, bytes: this.#seen });
  }

  get printed(): string {
    return this.news.map(({ data }) => data).join("");
  }
}

test("what is typed is answered, and its time is told", () => {
  const stage = new Stage();
  const terminal = stage.open(boot());
  stage.pass(20);
  stage.terminals.receive({ type: "terminal-type", terminal, text: "echo hi | tr a-z A-Z\r" });
  stage.pass(50);
  expect(stage.printed.endsWith("$ echo hi | tr a-z A-Z\r\nHI\r\n$ ")).toBe(true);
  const typed = stage.news.flatMap((news) => news.typed);
  expect(typed).toMatchObject([{ text: "echo hi | tr a-z A-Z\r" }]);
});

test("the machine's clock goes with the one on the wall: sleep 5 takes five seconds", () => {
  const stage = new Stage();
  const terminal = stage.open(boot());
  stage.pass(20);
  stage.terminals.receive({ type: "terminal-type", terminal, text: "sleep 5; echo over\n" });
  stage.pass(4900);
  expect(stage.printed).not.toContain("\nover");
  stage.pass(200);
  expect(stage.printed).toContain("\nover");
});

test("an idle machine asks for nothing", () => {
  const stage = new Stage();
  stage.open(boot());
  stage.pass(100);
  const before = stage.news.length;
  stage.pass(1_000_000);
  expect(stage.news.length).toBe(before);
});

test("a machine whose page sees nothing waits, and goes on when it does; ^C ends what runs away", () => {
  const stage = new Stage();
  const terminal = stage.open(boot());
  stage.pass(20);
  stage.terminals.receive({ type: "terminal-type", terminal, text: "yes\n" });
  stage.pass(3000, false);
  const stuck = stage.printed.length;
  expect(stuck).toBeGreaterThan(1000);
  expect(stuck).toBeLessThan(2 * TERMINAL_WINDOW_BYTES);
  stage.pass(1000, false);
  expect(stage.printed.length).toBe(stuck);
  stage.see();
  stage.pass(100);
  expect(stage.printed.length).toBeGreaterThan(stuck);
  stage.terminals.receive({ type: "terminal-type", terminal, text: "\x03" });
  stage.pass(100);
  expect(stage.printed.endsWith("^C\r\n$ ")).toBe(true);
});

test("a session that is replayed on another machine ends with the same bytes at the same time", () => {
  const stage = new Stage();
  const first = boot({ seed: 5 });
  const terminal = stage.open(first);
  stage.pass(33);
  for (const text of ["echo $$; ps\r", "sleep 1 &\r", "jobs\r"]) {
    stage.terminals.receive({ type: "terminal-type", terminal, text });
    stage.pass(77);
  }
  stage.pass(1500);
  stage.terminals.receive({ type: "terminal-type", terminal, text: "jobs\r" });
  stage.pass(50);
  const inputs = stage.news.flatMap(({ typed }) => typed);
  const again = new Stage();
  const second = again.open(boot({ seed: 5 }));
  again.terminals.receive({ type: "terminal-replay", terminal: second, inputs });
  again.pass(50);
  expect(again.printed).toBe(stage.printed);
});

test("a machine that is closed, and one too many, are told to have ended", () => {
  const stage = new Stage();
  const machine = boot();
  const terminal = stage.open(machine);
  stage.pass(20);
  machine.close();
  stage.terminals.receive({ type: "terminal-type", terminal, text: "x" });
  stage.pass(20);
  expect(stage.news.at(-1)).toMatchObject({ terminal, isEnded: true });
  for (let i = 0; i < 17; i++) stage.open(boot());
  expect(stage.news.at(-1)).toMatchObject({ terminal: 2, isEnded: true });
});
