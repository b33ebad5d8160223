/** Settings of the worker and its client; those of the connection to Temporal are read by `@temporalio/envconfig`. */
export interface Settings {
  readonly taskQueue: string;
  readonly payloadKeys: string;
}

export interface WorkerSettings extends Settings {
  readonly imprimaturUrl: string;
  readonly apiKey: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws Error if a variable is missing. */
export function readSettings(environment: Environment): Settings {
  return {
    taskQueue: environment.TEMPORAL_TASK_QUEUE ?? 'imprimatur',
    payloadKeys: required(environment, 'TEMPORAL_PAYLOAD_KEY'),
  };
}

export function readWorkerSettings(environment: Environment): WorkerSettings {
  return {
    ...readSettings(environment),
    imprimaturUrl: required(environment, 'IMPRIMATUR_URL'),
    apiKey: required(environment, 'IMPRIMATUR_API_KEY'),
  };
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set.`);
  return value;
}
