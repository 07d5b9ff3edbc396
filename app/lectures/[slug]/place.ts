/** Where a reader stopped, kept on this device. */
export interface Place {
  readonly slug: string;
  /** E.g. `11 eBPF I`. */
  readonly lecture: string;
  readonly sectionId: string;
  readonly sectionNumber: number;
  readonly sectionTitle: string;
  /** In ms since 1970. */
  readonly at: number;
}

const KEY = "kernelbook-places";

/** By lecture, the last one last. */
export function keptPlaces(): readonly Place[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isPlace) : [];
  } catch {
    // A browser that keeps nothing, or something that is not ours.
    return [];
  }
}

export function keepPlace(place: Place): void {
  const others = keptPlaces().filter(({ slug }) => slug !== place.slug);
  try {
    localStorage.setItem(KEY, JSON.stringify([...others, place]));
  } catch {
    // Then the reader begins at the top.
  }
}

function isPlace(kept: unknown): kept is Place {
  if (typeof kept !== "object" || kept === null) return false;
  const { slug, lecture, sectionId, sectionNumber, sectionTitle, at } = kept as Partial<Place>;
  return (
    /^[\w-]+$/.test(String(slug)) &&
    typeof lecture === "string" &&
    typeof sectionId === "string" &&
    typeof sectionNumber === "number" &&
    typeof sectionTitle === "string" &&
    typeof at === "number"
  );
}
