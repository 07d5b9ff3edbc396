/**
 * Whether submissions to an exercise wait on this device. Asked before anything else of an exercise
 * is loaded, so that they are sent as soon as its page is open.
 */
const PREFIX = "kernelbook-kept:";
const keyOf = (exercise: string) => PREFIX + exercise;

/** Whether submissions to any exercise wait on this device. */
export function isAnyMarkedKept(): boolean {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(PREFIX));
  } catch {
    return false;
  }
}

export function isMarkedKept(exercise: string): boolean {
  try {
    return localStorage.getItem(keyOf(exercise)) !== null;
  } catch {
    return false;
  }
}

export function markKept(exercise: string, isKept: boolean): void {
  try {
    if (isKept) localStorage.setItem(keyOf(exercise), "1");
    else localStorage.removeItem(keyOf(exercise));
  } catch {
    // Then it is sent when the exercise comes into view.
  }
}
