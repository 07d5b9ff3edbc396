import { firstLecture, pageWeight } from "../page-weight.ts";
import { startSite } from "../site.ts";

export const name = "page-weight";

export async function bench(): Promise<Record<string, number>> {
  const site = await startSite();
  try {
    const home = await pageWeight(site.url, "/");
    const lecture = await pageWeight(site.url, await firstLecture(site.url));
    return {
      home_first_load_js_gz_kb: Math.round(home.gzKb),
      lecture_first_load_js_gz_kb: Math.round(lecture.gzKb),
    };
  } finally {
    await site.stop();
  }
}
