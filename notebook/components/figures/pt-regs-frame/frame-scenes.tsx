import type { FrameLayout } from "#notebook/document";
import { hex } from "../int80-steps/entry-state.ts";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./pt-regs.module.css";

/** The saved registers of both ABIs, slot by slot as they are filled. */
export function frameScenes(frames: readonly FrameLayout[]): SceneFigure {
  return {
    unit: "slot",
    choice: "Frame",
    scenes: frames.map((frame) => ({
      id: frame.id,
      title: frame.title,
      hint: frame.hint,
      count: frame.slots.length,
      says: (position) => describeSlot(frame, position),
      draw: (position, onMove) => <FrameView frame={frame} position={position} onMove={onMove} />,
    })),
  };
}

function describeSlot({ slots }: FrameLayout, position: number): string {
  const slot = slots[position];
  if (slot === undefined) return "";
  const role = slot.role === "" ? "" : ` (${slot.role})`;
  return `${slot.name}${role}, by the ${slot.by}. ${slot.says}`;
}

interface FrameViewProps {
  frame: FrameLayout;
  position: number;
  onMove?: ((position: number) => void) | undefined;
}

/** The frame from its highest address down; what comes later is faint. */
function FrameView({ frame, position, onMove }: FrameViewProps) {
  return (
    <ol className={css["frame"]}>
      {frame.slots.map(({ name, offset, by, role, value }, place) => (
        <li
          key={name}
          data-by={by}
          data-later={place > position}
          aria-current={place === position ? "step" : undefined}
        >
          <button type="button" tabIndex={-1} onClick={onMove && (() => onMove(place))}>
            <span className={css["offset"]}>{offset}</span>
            <b>{name}</b>
            <span>{value === undefined ? "" : hex(value)}</span>
            <span>{role}</span>
            <span className={css["by"]}>{by}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
