import type { Spindle } from "../../hw/costs.ts";

/**
 * Where the heads of a disk are, and what it takes to get elsewhere.
 *
 * The drive goes on reading what comes by behind a request, up to the end of the track: whoever asks for it next gets it
 * from the drive's memory.
 *
 * @simplified the tracks of the image lie spread over the whole disk, so that a small one seeks as far as a large one;
 * all tracks have the same number of sectors; there is no memory for writes.
 */
export class SpindleState {
  readonly #spindle: Spindle;
  readonly #cylinders: number;
  #cylinder = 0;
  /** Until when the motor turns. */
  #turnsUntil: number;
  /** The track whose sectors have come by since `#readSince`, from `#readFrom` on. */
  #readTrack = -1;
  #readFrom = 0;
  #readSince = 0;

  constructor(spindle: Spindle, sectors: number) {
    this.#spindle = spindle;
    this.#cylinders = Math.max(2, Math.ceil(sectors / (spindle.sectorsPerTrack * spindle.heads)));
    this.#turnsUntil = spindle.spinUpNs === undefined ? Infinity : -1;
  }

  /** When `sectors` sectors from `sector` on have passed the heads, if the disk begins at `start`. */
  pass(start: number, sector: number, sectors: number, isRead: boolean): number {
    const { spinUpNs = 0, spinDownNs = Infinity } = this.#spindle;
    let at = start;
    if (start > this.#turnsUntil) {
      at += spinUpNs;
      this.#readTrack = -1;
    }
    let from = sector;
    while (from < sector + sectors) {
      const track = Math.floor(from / this.#spindle.sectorsPerTrack);
      const end = Math.min(sector + sectors, (track + 1) * this.#spindle.sectorsPerTrack);
      at = this.#passTrack(at, track, from, end, isRead);
      from = end;
    }
    this.#turnsUntil = this.#turnsUntil === Infinity ? Infinity : at + spinDownNs;
    return at;
  }

  #passTrack(start: number, track: number, from: number, end: number, isRead: boolean): number {
    const { sectorsPerTrack, turnNs, heads, trackToTrackNs } = this.#spindle;
    const first = track * sectorsPerTrack;
    let at = start;
    if (isRead && track === this.#readTrack && from >= this.#readFrom) {
      // On its way already, or past: no turn is lost.
      const sectorNs = turnNs / sectorsPerTrack;
      return Math.max(at, Math.ceil(this.#readSince + (end - this.#readFrom) * sectorNs));
    }
    const cylinder = Math.floor(track / heads);
    at += this.#seekNs(Math.abs(cylinder - this.#cylinder));
    this.#cylinder = cylinder;
    // An arm's cylinders begin later and later, so that none is missed while it moves (skew).
    const skew = this.#spindle.seek === "arm" ? cylinder * trackToTrackNs : 0;
    const angle = Math.floor(((from - first) * turnNs) / sectorsPerTrack) + skew;
    const wait = (((angle - at) % turnNs) + turnNs) % turnNs;
    at += wait;
    this.#readTrack = isRead ? track : -1;
    this.#readFrom = from;
    this.#readSince = at;
    return Math.ceil(at + ((end - from) * turnNs) / sectorsPerTrack);
  }

  #seekNs(distance: number): number {
    if (distance === 0) return 0;
    const { trackToTrackNs, fullSeekNs, seek } = this.#spindle;
    const part = (distance - 1) / Math.max(1, this.#cylinders - 2);
    const grown = seek === "arm" ? Math.sqrt(part) : part;
    return Math.round(trackToTrackNs + (fullSeekNs - trackToTrackNs) * grown);
  }
}
