import { type KeyboardEvent, useRef, useState } from "react";
import type { TnumExample } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { BIT_COUNT, type Dial, setBit, turnBit } from "./dial.ts";
import { DialView, describeResult, type OperandName, startOf } from "./dial-view.tsx";

/** The dial. The simulator's arithmetic is loaded with the first turn. */
export function LiveDial({ example, texts }: { example: TnumExample; texts: FigureTexts }) {
  const [state, setState] = useState(() => startOf(example));
  const [cursors, setCursors] = useState({ a: 0, b: 0 });
  const [said, setSaid] = useState("");
  const latest = useRef(state.dial);
  const change = (part: Partial<Dial>) => {
    const dial = { ...latest.current, ...part };
    latest.current = dial;
    setState(({ combined }) => ({ dial, combined }));
    import("./combine.ts").then(
      ({ combine }) => {
        // Turned on meanwhile: that turn brings its own result.
        if (latest.current !== dial) return;
        const combined = combine(dial);
        setState({ dial, combined });
        setSaid(`${combined.result.text}. ${describeResult(dial, combined)}`);
      },
      () => setSaid("The arithmetic could not be loaded."),
    );
  };
  const turn = (operand: OperandName, place: number) => {
    setCursors((now) => ({ ...now, [operand]: place }));
    change({ [operand]: turnBit(latest.current[operand], place) });
  };
  const press = (operand: OperandName, place: number, event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "0" || key === "1" || key === "x") {
      change({ [operand]: setBit(latest.current[operand], place, key) });
    } else {
      const to = moved(event.key, place);
      if (to === undefined) return;
      setCursors((now) => ({ ...now, [operand]: to }));
      focusBit(event.currentTarget, to);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <LiveFrame texts={texts} said={said}>
      <DialView
        {...state}
        figure={texts.id}
        cursors={cursors}
        onTurn={turn}
        onBitKey={press}
        onOperation={(operation) => change({ operation })}
        onShift={(shift) => change({ shift })}
      />
    </LiveFrame>
  );
}

function moved(key: string, place: number): number | undefined {
  const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: BIT_COUNT - 1 }[key];
  return to === undefined ? undefined : Math.min(BIT_COUNT - 1, Math.max(0, to));
}

function focusBit(from: Element, place: number): void {
  const bits = from.parentElement?.querySelectorAll("button");
  bits?.[place]?.focus();
}
