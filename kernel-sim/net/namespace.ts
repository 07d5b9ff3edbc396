/** What one net namespace holds. */
export class NetNamespace {}
