import { firstLecture, firstRunKb, pageWeight } from "../page-weight.ts";
import { startSite } from "../site.ts";

export const name = "page-weight";

/** Its cell `encoding` needs no kernel that runs programs. */
const BPF_LECTURE = "/lectures/11-ebpf-1-machine";

export async function bench(): Promise<Record<string, number>> {
  const site = await startSite();
  try {
    const home = await pageWeight(site.url, "/");
    const path = await firstLecture(site.url);
    const lecture = await pageWeight(site.url, path);
    return {
      home_first_load_js_gz_kb: Math.round(home.gzKb),
      lecture_first_load_js_gz_kb: Math.round(lecture.gzKb),
      lecture_first_run_js_gz_kb: Math.round(await firstRunKb(site.url, path)),
      bpf_first_run_js_gz_kb: Math.round(await firstRunKb(site.url, BPF_LECTURE, "encoding")),
    };
  } finally {
    await site.stop();
  }
}
