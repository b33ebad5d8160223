/** STALLED: a step failed at all attempts, nothing is undone, and the run waits for a retry or a cancellation. */
export const OPEN_RUN_STATES = ['RUNNING', 'WAITING', 'STALLED'] as const;
export const RUN_STATES = [...OPEN_RUN_STATES, 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type RunState = (typeof RUN_STATES)[number];
