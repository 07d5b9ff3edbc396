import type { LectureDocument } from "#notebook/document";
import type { LectureStops } from "#server/queries";
import { BarChart } from "../../../charts/bar-chart.tsx";
import { lectureNumber, shortTitle } from "../../../lectures/title.ts";
import { sectionRows } from "./lecture-rows.ts";

interface LectureChartProps {
  lectures: readonly LectureDocument[];
  students: number;
  stops: ReadonlyMap<string, LectureStops>;
}

/** How many have opened each lecture, and how many of them have come to its last section. */
export function LectureChart({ lectures, students, stops }: LectureChartProps) {
  if (stops.size === 0) return null;
  return (
    <BarChart
      whole="opened"
      part="to the end"
      caption={`students of ${students}, by lecture`}
      bars={lectures.map((lecture) => {
        const { slug } = lecture.frontMatter;
        const read = stops.get(slug);
        const end = read && sectionRows(lecture, read).at(-1)?.reached;
        return {
          ...{ key: slug, label: lectureNumber(lecture.frontMatter) },
          ...{ name: shortTitle(lecture.frontMatter), whole: read?.readers ?? 0, part: end },
        };
      })}
    />
  );
}
