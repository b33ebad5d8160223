import type { StepOutcome } from '../definitions/run-body.js';
import type { StepCall } from '../steps/step-performer.js';

/** Data of the engine's thread at its start. Keys are bytes of the installation's secrets. */
export interface ThreadData {
  readonly databaseUrl: string;
  readonly masterKeys: readonly Uint8Array[];
  readonly lookupKey: Uint8Array;
  /** Most runs that perform a step at the same time. */
  readonly concurrency: number;
  readonly stepAttempts: number;
  readonly retentionDays: number;
}

/** `unsettled` are ids of runs that the engine has given up. */
export type FromThread =
  | { readonly kind: 'running' }
  | { readonly kind: 'call'; readonly id: number; readonly call: StepCall }
  | { readonly kind: 'unsettled'; readonly workflowIds: readonly string[] }
  | { readonly kind: 'log'; readonly level: 'warn' | 'error'; readonly text: string };

export type ToThread =
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: StepOutcome }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string; readonly code: string }
  | { readonly kind: 'stop' };
