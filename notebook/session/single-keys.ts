const KEY = "kernelbook-single-keys";

/** Whether keys without Ctrl, Alt or Shift are commands on this device. */
export function hasSingleKeysHere(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    // A browser that keeps nothing keeps no choice either.
    return true;
  }
}

export function keepSingleKeys(has: boolean): void {
  try {
    localStorage.setItem(KEY, has ? "on" : "off");
  } catch {
    // It holds until the page is left.
  }
}
