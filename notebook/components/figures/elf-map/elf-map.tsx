import type { ElfMap, ElfMapping, ElfSegment } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./elf-map.module.css";

interface Step {
  readonly says: string;
  /** What the step is about: places in `segments` and in `mappings`. */
  readonly segment?: number;
  readonly mappings: readonly number[];
  readonly isEntry?: boolean;
}

/** The file at the left, the address space at the right, and what execve does in between. */
export function elfMap(map: ElfMap): SceneFigure {
  const steps = stepsOf(map);
  return {
    unit: "step",
    choice: "File",
    scenes: [
      {
        ...{ id: "execve", title: map.name, hint: "", count: steps.length },
        says: (position) => steps[position]?.says ?? "",
        draw: (position) => <Picture map={map} steps={steps} position={position} />,
      },
    ],
  };
}

function stepsOf(map: ElfMap): readonly Step[] {
  const { segments, mappings, entry, fileSize } = map;
  const load = segments.flatMap((segment, place): Step[] => {
    if (segment.type !== "LOAD") return [];
    const from = mappings.flatMap((mapping, at) => (mapping.segment === place ? [at] : []));
    return [
      {
        segment: place,
        mappings: from,
        says: loadText(
          segment,
          from.map((at) => mappings[at]),
        ),
      },
    ];
  });
  const places = (test: (mapping: ElfMapping) => boolean) =>
    mappings.flatMap((mapping, at) => (test(mapping) ? [at] : []));
  return [
    {
      mappings: [],
      says: `The file, ${fileSize} bytes. Its first ${ELF_HEADER} are the ELF header, and behind it ${segments.length} program headers say what is to be in memory. The old address space is gone; the new one is empty.`,
    },
    ...load,
    {
      segment: segments.findIndex(({ type }) => type === "GNU_STACK"),
      mappings: places(({ name }) => name === "[stack]"),
      says: "The stack: made by the kernel, with arguments and environment at its upper end. The header GNU_STACK has no bytes; it only says that the stack needs no right to be executed.",
    },
    {
      mappings: places(({ name }) => name === "[vdso]" || name.startsWith("[vvar")),
      says: "The vDSO: code of the kernel's that every process may call, and the clock data that it reads. It is in no file on the disk.",
    },
    {
      segment: 0,
      mappings: places(({ from, to }) => from <= entry && entry < to),
      isEntry: true,
      says: `execve returns to user mode at the address that the ELF header names: ${hex(entry)}. The page tables hold nothing for this page yet: already the first instruction is a page fault, and only then is the page fetched.`,
    },
  ];
}

const ELF_HEADER = 52;

function loadText(segment: ElfSegment, mapped: readonly (ElfMapping | undefined)[]): string {
  const { offset, fileSize, address, memorySize, flags, holds } = segment;
  const [first, second] = mapped;
  const whole = `Segment ${flags}, ${holds}. ${fileSize} bytes at offset ${offset} belong at ${hex(address)}. Only whole pages can be mapped: ${first === undefined ? "none" : `${hex(first.from)} to ${hex(first.to)}`}.`;
  if (second === undefined) return whole;
  return `${whole} In memory the segment has ${memorySize} bytes: the rest of the last page is cleared, and ${hex(second.from)} to ${hex(second.to)} is anonymous memory, zeros that nobody has to store.`;
}

/** How the headers are called in both lists. */
const LETTERS = "ABCDEFGH";

function madeBy({ segments }: ElfMap, { segment, name }: ElfMapping): string {
  if (segment !== undefined) return LETTERS[segment] ?? "";
  const stack = segments.findIndex(({ type }) => type === "GNU_STACK");
  return name === "[stack]" ? (LETTERS[stack] ?? "") : "";
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(8, "0")}`;
}

interface PictureProps {
  map: ElfMap;
  steps: readonly Step[];
  position: number;
}

function Picture({ map, steps, position }: PictureProps) {
  const step = steps[position];
  if (step === undefined) return null;
  const done = new Set(steps.slice(0, position + 1).flatMap(({ mappings }) => mappings));
  return (
    <div className={css["panes"]}>
      <div className={css["scroll"]} data-scroller>
        <table className={css["list"]}>
          <caption>the file {map.name}: program headers</caption>
          <thead>
            <tr>
              <th scope="col">header</th>
              <th scope="col">offset</th>
              <th scope="col">in file</th>
              <th scope="col">in memory</th>
              <th scope="col">flags</th>
            </tr>
          </thead>
          <tbody>
            {map.segments.map((segment, place) => (
              <tr key={`${segment.type}${segment.address}`}>
                <th scope="row" aria-current={step.segment === place ? "step" : undefined}>
                  {LETTERS[place]} {segment.type}
                </th>
                <td>{segment.offset}</td>
                <td>{segment.fileSize}</td>
                <td>{segment.memorySize}</td>
                <td>{segment.flags}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={css["scroll"]} data-scroller>
        <table className={css["list"]}>
          <caption>the address space, highest address first</caption>
          <thead>
            <tr>
              <th scope="col">by</th>
              <th scope="col">from</th>
              <th scope="col">pages</th>
              <th scope="col">rights</th>
              <th scope="col">what</th>
            </tr>
          </thead>
          <tbody>
            {map.mappings
              .map((mapping, at) => ({ mapping, at }))
              .reverse()
              .map(({ mapping, at }) => (
                <tr key={mapping.from} data-there={done.has(at)}>
                  <td>{madeBy(map, mapping)}</td>
                  <th scope="row" aria-current={step.mappings.includes(at) ? "step" : undefined}>
                    {hex(mapping.from)}
                  </th>
                  <td>{(mapping.to - mapping.from) / 4096}</td>
                  <td>{mapping.permissions}</td>
                  <td>
                    {mapping.name === "" ? "anonymous: .bss" : mapping.name}
                    {step.isEntry === true && step.mappings.includes(at) && " (eip is here)"}
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
