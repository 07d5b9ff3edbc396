/** What scrolls inside a figure, marked by `data-scroller`. */

/** Scrolls what scrolls inside the figure to what is chosen, and never the page. */
export function showChosen(panes: HTMLElement | null): void {
  for (const scroller of scrollersIn(panes)) {
    const chosen = scroller.querySelector("[aria-current], [aria-pressed='true']");
    if (chosen === null) continue;
    const { left, right, top, bottom } = chosen.getBoundingClientRect();
    const frame = scroller.getBoundingClientRect();
    if (left < frame.left || right > frame.right) {
      scroller.scrollLeft += (left + right - frame.left - frame.right) / 2;
    }
    if (top < frame.top || bottom > frame.bottom) {
      scroller.scrollTop += (top + bottom - frame.top - frame.bottom) / 2;
    }
  }
}

/** Makes each of them a stop for the keyboard, as long as it has something to scroll. */
export function reachScrollers(panes: HTMLElement): () => void {
  const reach = () => {
    for (const scroller of scrollersIn(panes)) {
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = scroller;
      if (scrollWidth > clientWidth || scrollHeight > clientHeight) scroller.tabIndex = 0;
      else scroller.removeAttribute("tabindex");
    }
  };
  const observer = new ResizeObserver(reach);
  observer.observe(panes);
  return () => observer.disconnect();
}

function scrollersIn(panes: HTMLElement | null): Iterable<HTMLElement> {
  return panes?.querySelectorAll<HTMLElement>("[data-scroller]") ?? [];
}
