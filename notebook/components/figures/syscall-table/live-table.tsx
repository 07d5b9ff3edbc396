import { useState } from "react";
import type { SyscallTableRow } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { Stepper } from "../stepper.tsx";
import { describeRelease, matching, releasesOf, rowsIn } from "./releases.ts";
import { SyscallListing, SyscallTableView } from "./table-view.tsx";

/** The tables of any release, and what is searched for in them. */
export function LiveSyscallTable({
  rows,
  texts,
}: {
  rows: readonly SyscallTableRow[];
  texts: FigureTexts;
}) {
  const [releases] = useState(() => releasesOf(rows));
  const [position, setPosition] = useState(releases.length - 1);
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const move = (to: number) => {
    const release = releases[to];
    if (release === undefined) return;
    setPosition(to);
    setSaid(describeRelease(rows, release));
  };
  const search = (wanted: string) => {
    setText(wanted);
    const found = matching(rowsIn(rows, releases[position] ?? ""), wanted);
    setSaid(`${found.length} calls`);
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={
        <Stepper unit="release" position={position} count={releases.length} onMove={move} />
      }
      listing={<SyscallListing rows={rows} />}
    >
      <SyscallTableView
        rows={rows}
        releases={releases}
        position={position}
        text={text}
        onMove={move}
        onText={search}
      />
    </LiveFrame>
  );
}
