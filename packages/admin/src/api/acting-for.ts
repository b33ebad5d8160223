const STORED = 'imprimatur.tenant';

/** The tenant that a platform key acts for, in this tab. */
export function actingFor(): string | undefined {
  return sessionStorage.getItem(STORED) ?? undefined;
}

export function actFor(tenantId: string | undefined): void {
  if (tenantId === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, tenantId);
}

let signedInAs: string | undefined;

/** Notes whom the page shows: a session that another tab has begun for somebody else must not act for them. */
export function showTo(caller: { readonly type: string; readonly id: string } | undefined): void {
  signedInAs = caller && `${caller.type}:${encodeURIComponent(caller.id)}`;
}

/** Headers that name whom the page shows, and the tenant that they act for. */
export function actingHeaders(): Record<string, string> {
  const tenant = actingFor();
  return {
    ...(signedInAs !== undefined && { 'X-Signed-In-As': signedInAs }),
    ...(tenant !== undefined && { 'X-Tenant-Id': tenant }),
  };
}
