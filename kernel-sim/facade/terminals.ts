import type { Terminal, TerminalOptions } from "../api-terminal.ts";
import { VtScreen } from "../drivers/tty/vt/screen.ts";
import { virtualTerminal } from "../drivers/tty/vt/vt.ts";
import type { Task } from "../kernel/task.ts";
import type { MachineConsole } from "./console.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { OutputLog } from "./output-log.ts";
import { terminalFacade } from "./terminal.ts";
import { TerminalLine } from "./terminal-line.ts";

const KEPT_BYTES = 256 * 1024;
const TERMINALS_MAX = 63;
/** After the shell of a terminal has ended, and after a getty could not be started. */
const RESPAWN_NS = 1_000_000;
const RETRY_NS = 1_000_000_000;
const GETTY_ENV = { PATH: "/usr/bin:/bin", TERM: "linux" };

/** The terminals of one machine, and who keeps them alive. */
export class Terminals {
  readonly console: TerminalLine;
  /** The console as cells have it, once one has asked. */
  consoleFacade: Terminal | undefined = undefined;
  /** A terminal as cells have it; `line` throws when the machine was closed. */
  readonly facade = terminalFacade;
  readonly #machine: LivingKernel;
  readonly #leaders = new Map<Task, string>();
  readonly #lines: TerminalLine[] = [];
  #opened = 0;

  constructor(machine: LivingKernel, console: MachineConsole) {
    this.#machine = machine;
    const { port, all } = console;
    const screen = new VtScreen(port.tty.winsize.rows, port.tty.winsize.cols);
    console.onOutput = (bytes) => screen.write(bytes);
    this.console = new TerminalLine(machine, {
      name: port.tty.name,
      screen,
      log: all,
      room: () => port.tty.flipSpace,
      input: (bytes) => port.input(bytes),
      again: ({ terminals }) => terminals.console,
      resize(rows, cols) {
        screen.resize(rows, cols);
        port.resize(rows, cols);
      },
    });
    machine.kernel.hooks.taskExits.push((task) => this.#ended(task));
  }

  /** The next terminal, with a getty that is waiting or has logged somebody in. */
  open(options: TerminalOptions): TerminalLine {
    const own = { ...options };
    return this.#machine.input(
      ({ terminals }) => void terminals.open(own),
      () => this.#open(own),
    );
  }

  #open(options: TerminalOptions): TerminalLine {
    const { rows = 24, cols = 80, user, shell, replay } = options;
    if (shell !== undefined) this.#changeShell(user ?? "root", shell);
    if (this.#opened === TERMINALS_MAX) {
      throw new Error(`a machine has ${TERMINALS_MAX} terminals at most`);
    }
    const line = this.#line(++this.#opened);
    this.#lines.push(line);
    line.resize(rows, cols);
    line.typed.length = 0;
    const { name } = line.driver;
    const login = user === undefined ? [] : ["-a", user];
    this.#machine.guarded(() => this.#startGetty(name, login));
    line.settle();
    if (replay !== undefined) line.replay(replay);
    return line;
  }

  #line(index: number): TerminalLine {
    const vt = virtualTerminal(this.#machine.kernel, index);
    const log = new OutputLog(KEPT_BYTES);
    vt.onOutput = (bytes) => log.add(bytes);
    return new TerminalLine(this.#machine, {
      name: vt.port.tty.name,
      screen: vt.screen,
      log,
      again: ({ terminals }) => terminals.#lines[index - 1]!,
      room: () => vt.port.tty.flipSpace,
      input: (bytes) => vt.port.input(bytes),
      resize: (rows, cols) => vt.resize(rows, cols),
    });
  }

  #startGetty(tty: string, login: readonly string[]): void {
    const argv = ["/sbin/getty", ...login, tty];
    const { task } = this.#machine.spawnOwn("/sbin/getty", { argv, env: GETTY_ENV });
    this.#leaders.set(task, tty);
  }

  /** As `respawn` in an inittab: the next one may log in. */
  #ended(task: Task): void {
    const tty = this.#leaders.get(task);
    if (tty === undefined) return;
    this.#leaders.delete(task);
    const { kernel } = this.#machine;
    const respawn = (): void => {
      try {
        this.#startGetty(tty, []);
      } catch {
        // No process can be made now.
        kernel.startTimer(kernel.now() + RETRY_NS, respawn);
      }
    };
    kernel.startTimer(kernel.now() + RESPAWN_NS, respawn);
  }

  #changeShell(user: string, shell: string): void {
    const argv = ["chsh", "-s", shell, user];
    const machine = this.#machine;
    const { task } = machine.guarded(() => machine.spawn("/bin/chsh", { argv }));
    machine.runUntil(() => task.exitState !== 0);
    if (task.exitCode !== 0) throw new Error(machine.console.outputOf(task.tgid).trim());
  }
}
