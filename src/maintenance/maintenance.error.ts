/** The maintenance command cannot run as requested. The message states the remedy. */
export class MaintenanceError extends Error {}

/** Callback for the progress of a long task. */
export type Progress = (done: number) => void;
