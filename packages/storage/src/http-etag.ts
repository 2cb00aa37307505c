/** What a strong validator looks like (RFC 9110, 8.8.3). */
const STRONG_ETAG = /^"[\u0021\u0023-\u007e\u0080-\u00ff]{1,512}"$/;

/** Whether `etag` names one version to the byte. */
export function isStrongEtag(etag: string | undefined): etag is string {
  return etag !== undefined && STRONG_ETAG.test(etag);
}
