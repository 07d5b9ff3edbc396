import type { ReactNode } from "react";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import css from "./os-models.module.css";

/** Three models of who runs where. A picture: it is whole as the server draws it. */
export function OsModels({ texts }: { texts: FigureTexts }) {
  return (
    <FigureFrame texts={texts}>
      <div className={css["panels"]}>
        <Panel
          title="Fifty years of one model"
          says="Three applications in user mode stand on one kernel. System calls are the only way down."
        >
          <Ground />
          <Calls from={[48, 128, 208]} />
          <text className={css["inside"]} x={128} y={164} textAnchor="middle">
            scheduler, memory,
          </text>
          <text className={css["inside"]} x={128} y={182} textAnchor="middle">
            files, network
          </text>
        </Panel>
        <Panel
          title="A new model"
          says="As before, but the kernel holds three small BPF programs. One application has loaded them with the system call bpf."
        >
          <Ground />
          <Calls from={[48, 128]} />
          <path className={css["load"]} d="M208 60V141" />
          <path className={css["tip"]} d="m208 148-4-8h8z" />
          <text className={css["callLabel"]} x={202} y={106} textAnchor="end">
            bpf()
          </text>
          {[28, 108, 188].map((x) => (
            <Program key={x} x={x} y={150} />
          ))}
        </Panel>
        <Panel
          title="Event-based applications"
          says="The programs are tied to events in the kernel: a packet arrives, a task is switched to, a file is opened. The event starts them. A map carries what they have found to an application."
        >
          <Ground />
          <Calls from={[48]} />
          {EVENTS.map(({ x, label }) => (
            <g key={label}>
              <text className={css["event"]} x={x + 20} y={216} textAnchor="middle">
                {label}
              </text>
              <path className={css["fires"]} d={`M${x + 20} 202V180`} />
              <path className={css["tip"]} d={`m${x + 20} 174-4 8h8z`} />
              <Program x={x} y={150} />
            </g>
          ))}
          <path className={css["fires"]} d="M128 150V134H190" />
          <path className={css["fires"]} d="M208 150V140" />
          <rect className={css["map"]} x={190} y={118} width={36} height={22} />
          <text x={208} y={133} textAnchor="middle">
            map
          </text>
          <path className={css["fires"]} d="M208 118V68" />
          <path className={css["tip"]} d="m208 60-4 8h8z" />
        </Panel>
      </div>
      <p className={css["key"]} aria-hidden="true">
        <span data-mode="user">user mode</span>
        <span data-mode="kernel">kernel mode</span>
        <span data-mode="bpf">BPF, in kernel mode</span>
      </p>
    </FigureFrame>
  );
}

const EVENTS = [
  { x: 28, label: "packet" },
  { x: 108, label: "switch" },
  { x: 188, label: "open" },
] as const;

function Panel({ title, says, children }: { title: string; says: string; children: ReactNode }) {
  return (
    <div className={css["panel"]}>
      <p>{title}</p>
      <svg viewBox="0 0 256 280" role="img" aria-label={`${title}. ${says}`}>
        {children}
      </svg>
    </div>
  );
}

/** What all three have: applications, the boundary, the kernel, the hardware. */
function Ground() {
  return (
    <>
      {[16, 96, 176].map((x) => (
        <g key={x}>
          <rect className={css["app"]} x={x} y={18} width={64} height={40} />
          <text x={x + 32} y={42} textAnchor="middle">
            app
          </text>
        </g>
      ))}
      <path className={css["boundary"]} d="M0 84.5H256" />
      <path className={css["boundaryThin"]} d="M0 88.5H256" />
      <rect className={css["kernel"]} x={0.5} y={112.5} width={255} height={112} />
      <text className={css["kernelLabel"]} x={8} y={129}>
        kernel
      </text>
      <rect className={css["hardware"]} x={0.5} y={240.5} width={255} height={32} />
      <text x={128} y={261} textAnchor="middle">
        hardware
      </text>
    </>
  );
}

function Calls({ from }: { from: readonly number[] }) {
  return from.map((x) => (
    <g key={x}>
      <path className={css["call"]} d={`M${x} 60V104`} />
      <path className={css["tip"]} d={`m${x} 111-4-8h8z`} />
    </g>
  ));
}

function Program({ x, y }: { x: number; y: number }) {
  return (
    <g>
      <rect className={css["bpf"]} x={x} y={y} width={40} height={24} />
      <text className={css["bpfLabel"]} x={x + 20} y={y + 16} textAnchor="middle">
        BPF
      </text>
    </g>
  );
}
