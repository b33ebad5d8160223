const LINK = /#code=([\w-]+)/;
const CODE = /^[\w-]{43}$/;

/** Takes what somebody has pasted: an API key, a sign-in link, or the code of one. */
export function toCredential(pasted: string): { api_key: string } | { code: string } {
  const text = pasted.trim();
  const code = LINK.exec(text)?.[1] ?? CODE.exec(text)?.[0];
  return code === undefined ? { api_key: text } : { code };
}
