/**
 * The document in which student code runs: of an origin of its own, without network, storage or
 * pop-ups. It starts Workers from texts that the page hands to it, and loads nothing itself.
 *
 * @param script the bundle of notebook/session/sandbox/frame-script.ts
 */
export function frameDocument(script: string): Response {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const html = `<!doctype html><title>Sandbox</title><script nonce="${nonce}">${inline(script)}</script>`;
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(nonce),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-dns-prefetch-control": "off",
    },
  });
}

/** Compartments need 'unsafe-eval'. Blobs made in this frame are the only Workers. */
function policy(nonce: string): string {
  return [
    "sandbox allow-scripts",
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'unsafe-eval'`,
    "worker-src blob:",
    "frame-ancestors 'self'",
  ].join("; ");
}

/** A script cannot hold the text that ends it. */
function inline(script: string): string {
  return script.replaceAll("</script", "<\\/script");
}
