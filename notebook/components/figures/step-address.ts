/** The part of an address that names a figure and where it stands: `#fig-verifier-stepper/loop/7`. */

export function stepAddress(figure: string, id: string, position: number): string {
  return `#${figure}/${id}/${position + 1}`;
}

/** What `hash` says about `figure`; the position counts from 0 and may be any whole number. */
export function readStepAddress(
  figure: string,
  hash: string,
): { readonly id: string; readonly position: number } | undefined {
  const [name, id, number] = hash.slice(1).split("/");
  if (name !== figure || id === undefined || !/^\d{1,6}$/.test(number ?? "")) return undefined;
  return { id, position: Number(number) - 1 };
}

/** Whether the page's address speaks of a place inside this figure. */
export function isAddressed(figure: string): boolean {
  return readStepAddress(figure, window.location.hash) !== undefined;
}
