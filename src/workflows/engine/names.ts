import type { RunKey } from './engine.js';

/** Names in the engine's tables. A change of one leaves the open runs behind. */
export const SCHEMA = 'workflows';
export const APPLICATION = 'imprimatur';
/** Constant, because the engine would leave runs of another version alone; bodies change by `patched`. */
export const APPLICATION_VERSION = 'workflows-1';
export const QUEUE = 'tenants';
export const MESSAGES = 'messages';

/** Returns the engine's id of a run, which begins with its tenant. */
export function workflowIdOf({ tenantId, runId }: RunKey): string {
  return `${tenantId}/${runId}`;
}

/** Returns the run of an engine's id. Neither part contains a slash. */
export function runOf(workflowId: string): RunKey {
  const [tenantId = '', runId = ''] = workflowId.split('/');
  return { tenantId, runId };
}
