/** Closed list, as documented in docs/next-actions.md of the server. */
export type NextAction =
  | 'activate'
  | 'deactivate_device'
  | 'replace_device'
  | 'renew'
  | 'reinstate'
  | 'contact_vendor'
  | 'retry'
  | 'fix_request'
  | 'update_clock'
  | 'sign_in'
  | 'none';

/** Next step after a refusal. */
export interface NextStep {
  readonly action: NextAction;
  /** Earliest time at which the action can succeed, ISO 8601 in UTC; absent: now. */
  readonly after?: string;
  /** Number of devices to deactivate. */
  readonly count?: number;
}

/** Actions for errors of this package; for any other error the user contacts the vendor. */
const ACTIONS: Readonly<Record<string, NextAction>> = {
  CLOCK_TURNED_BACK: 'update_clock',
  ED25519_UNSUPPORTED: 'none',
  EXPIRED: 'retry',
  INVALID_OPTIONS: 'fix_request',
  NO_LICENSE_FILE: 'retry',
  OUTDATED: 'retry',
  UNREACHABLE: 'retry',
};

export function nextAfter(code: string): NextStep {
  return { action: ACTIONS[code] ?? 'contact_vendor' };
}
