/** Looks whether the same draft goes on elsewhere: in another tab, on another device, or under a newer version. */
import type { DraftNews } from "#server/authoring";

interface WatchOptions {
  /** Of the document's page. */
  readonly url: string;
  /** Of the person and the document: what tabs of one browser know each other by. */
  readonly key: string;
  /** Of the draft as this tab has it. */
  readonly revision: () => number;
  readonly onNews: (news: DraftNews) => void;
}

export interface DraftWatch {
  /** Tells the browser's other tabs that this one has saved. */
  readonly tellSaved: () => void;
  readonly end: () => void;
}

/** Other devices, and other authors, are asked after so often while one looks at the page. */
const ASK_MS = 20_000;

export function watchDraft({ url, key, revision, onNews }: WatchOptions): DraftWatch {
  const channel =
    "BroadcastChannel" in window ? new BroadcastChannel(`kernelbook-draft ${key}`) : undefined;
  let isEnded = false;
  let isAsking = false;
  const ask = async () => {
    if (isAsking || isEnded || document.visibilityState === "hidden") return;
    isAsking = true;
    const news = await asked(`${url}/draft?since=${revision()}`);
    isAsking = false;
    if (news !== undefined && !isEnded) onNews(news);
  };
  const look = () => void ask();
  const timer = setInterval(look, ASK_MS);
  channel?.addEventListener("message", look);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("focus", look);
  return {
    tellSaved: () => channel?.postMessage("saved"),
    end() {
      isEnded = true;
      clearInterval(timer);
      channel?.close();
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
    },
  };
}

/** undefined: no answer, which is told when something is saved. */
async function asked(url: string): Promise<DraftNews | undefined> {
  try {
    const answer = await fetch(url);
    return answer.ok ? ((await answer.json()) as DraftNews) : undefined;
  } catch {
    return undefined;
  }
}
