const STORED = 'imprimatur.tenant';

/** The tenant that a platform key acts for, in this tab. */
export function actingFor(): string | undefined {
  return sessionStorage.getItem(STORED) ?? undefined;
}

export function actFor(tenantId: string | undefined): void {
  if (tenantId === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, tenantId);
}
