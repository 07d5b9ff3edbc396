import type { ModeRun, ModeStretch } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./mode-context.module.css";

/** Interrupts and softirqs. */
const INTERRUPT_MASK = 0xfff00;

/** In which of the four squares a CPU is, stretch by stretch, and how the kernel knows. */
export function modeContext(runs: readonly ModeRun[]): SceneFigure {
  return {
    unit: "stretch",
    choice: "Machine",
    scenes: runs.map((run) => ({
      ...{ id: run.id, title: run.title, hint: run.hint, count: run.stretches.length },
      says: (position) => wordsOf(run.stretches[position]),
      draw: (position, onMove) => <Picture run={run} position={position} onMove={onMove} />,
    })),
  };
}

interface PictureProps {
  run: ModeRun;
  position: number;
  onMove: ((position: number) => void) | undefined;
}

function Picture({ run, position, onMove }: PictureProps) {
  const stretch = run.stretches[position];
  if (stretch === undefined) return null;
  const square = squareOf(stretch);
  return (
    <div className={css["picture"]}>
      <table className={css["matrix"]}>
        <thead>
          <tr>
            <td />
            <th scope="col">process context</th>
            <th scope="col">system context</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">user mode</th>
            <Square is="user" here={square}>
              The program’s own code. Reaches its own addresses only.
            </Square>
            <td className={css["empty"]}>Nothing is ever here.</td>
          </tr>
          <tr>
            <th scope="row">kernel mode</th>
            <Square is="kernel" here={square}>
              System call or exception, on behalf of current. Reaches both halves; may block.
            </Square>
            <Square is="interrupt" here={square}>
              Interrupt, for nobody in particular. The kernel’s half only; must not sleep.
            </Square>
          </tr>
        </tbody>
      </table>
      <dl className={css["facts"]}>
        <Fact name="current" value={`${stretch.comm} (${stretch.pid})`} />
        <Fact name="privilege level" value={String(stretch.cpl)} />
        <Fact name="preempt_count()" value={`0x${stretch.preemptCount.toString(16)}`} />
        <Fact name="it does" value={stretch.doing} />
        <Fact name="for" value={duration(stretch)} />
      </dl>
      <ol
        className={css["strip"]}
        aria-label="Stretches in their order; their widths are not to scale"
      >
        {run.stretches.map((one, place) => (
          <li
            key={one.from}
            data-square={squareOf(one)}
            aria-current={place === position ? "step" : undefined}
          >
            <button
              type="button"
              tabIndex={-1}
              disabled={onMove === undefined}
              aria-label={`Stretch ${place + 1}: ${one.doing}`}
              onClick={onMove && (() => onMove(place))}
            >
              {LETTERS[squareOf(one)]}
            </button>
          </li>
        ))}
      </ol>
      <p className={css["key"]}>
        <b>U</b> user code · <b>k</b> kernel, for current · <b>I</b> interrupt
      </p>
    </div>
  );
}

type SquareName = "user" | "kernel" | "interrupt" | "idle";

const LETTERS: Readonly<Record<SquareName, string>> = {
  user: "U",
  kernel: "k",
  interrupt: "I",
  idle: "·",
};

function squareOf({ cpl, preemptCount, pid, doing }: ModeStretch): SquareName {
  if (cpl === 3) return "user";
  if ((preemptCount & INTERRUPT_MASK) !== 0) return "interrupt";
  return pid === 0 && doing === "idle" ? "idle" : "kernel";
}

interface SquareProps {
  is: SquareName;
  here: SquareName;
  children: string;
}

function Square({ is, here, children }: SquareProps) {
  const isHere = is === here || (is === "kernel" && here === "idle");
  return (
    <td data-square={is} data-here={isHere || undefined}>
      {isHere && <b>here</b>} {children}
    </td>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function duration({ from, to }: ModeStretch): string {
  const ns = to - from;
  return ns < 10_000 ? `${ns} ns` : `${Math.round(ns / 1000)} µs`;
}

function wordsOf(stretch: ModeStretch | undefined): string {
  if (stretch === undefined) return "";
  const { from, comm, pid, doing, cpl } = stretch;
  const at = `${(from / 1e6).toFixed(4)} ms, for ${duration(stretch)}: `;
  const who = `current is ${comm} (${pid})`;
  const square = squareOf(stretch);
  if (cpl === 3) return `${at}${who}, which runs its own code. User mode, process context.`;
  if (square === "interrupt") {
    return `${at}an interrupt is served. ${who[0]?.toUpperCase()}${who.slice(1)}, which has nothing to do with it. Kernel mode, system context.`;
  }
  if (square === "idle")
    return `${at}${who}: nobody is ready. Kernel mode, process context of the idle task.`;
  const what =
    doing === "schedule"
      ? "the scheduler turns to it"
      : doing === "exception"
        ? "the kernel serves an exception that it has caused"
        : `the kernel works for it, in ${doing}()`;
  return `${at}${who}; ${what}. Kernel mode, process context.`;
}
