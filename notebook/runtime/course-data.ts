import { earlyLinux, linuxStatistics, unixFamily } from "#notebook/document";

/** The data sets of the course as cells have them. */
export const courseData = Object.freeze({ earlyLinux, linuxStatistics, unixFamily });
