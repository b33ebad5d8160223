/** A maintenance command that cannot be carried out as asked. The message says what to do. */
export class MaintenanceError extends Error {}

/** Hears how far a long work has come. */
export type Progress = (done: number) => void;
