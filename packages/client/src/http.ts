import { LicenseError, type Problem } from './errors.js';

const TIMEOUT_MS = 10_000;

export interface Server {
  /** URL such as https://licenses.example.com. */
  readonly baseUrl: string;
  /** Publishable API key of the vendor (role `client`), if the server must identify the vendor. */
  readonly clientKey?: string | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * Sends a request and returns the response body. Throws LicenseError: UNREACHABLE for temporary faults (no response, server fault);
 * REFUSED if the server rejected the request.
 */
export async function ask<Answer>(server: Server, path: string, body?: object): Promise<Answer> {
  const send = server.fetch ?? globalThis.fetch;
  const headers = {
    ...(body && { 'Content-Type': 'application/json' }),
    ...(server.clientKey !== undefined && { Authorization: `Bearer ${server.clientKey}` }),
  };
  const request = {
    method: body ? 'POST' : 'GET',
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body) }),
  };
  try {
    const response = await send(`${server.baseUrl.replace(/\/$/, '')}/${path}`, request);
    const answer = (await response.json()) as Answer & Problem;
    if (response.ok) return answer;
    const { status } = response;
    const passes = status >= 500 || status === 429 || status === 408;
    const { detail = `The server answered ${status}.` } = answer;
    throw new LicenseError(passes ? 'UNREACHABLE' : 'REFUSED', detail, { problem: { ...answer, status } });
  } catch (cause) {
    if (cause instanceof LicenseError) throw cause;
    throw new LicenseError('UNREACHABLE', 'The server cannot be reached.', { cause });
  }
}
