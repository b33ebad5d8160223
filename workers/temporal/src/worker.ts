// Runs workflows of a Temporal task queue until it gets SIGINT or SIGTERM.
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { RestPerformer } from '../../../src/workflows/steps/rest-performer.js';
import { createActivities } from './activities.js';
import { readWorkerSettings } from './settings.js';
import { BUNDLE, dataConverter } from './temporal.js';

const REQUEST_TIMEOUT_MS = 10_000;
/** An attempt ends before Temporal gives it up, so that two attempts at a step never run at once. */
const STEP_TIMEOUT_MS = 25_000;

const settings = readWorkerSettings(process.env);
const { imprimaturUrl: baseUrl, apiKey, taskQueue } = settings;
const activities = createActivities(
  new RestPerformer({ baseUrl, apiKey, timeoutMs: REQUEST_TIMEOUT_MS, stepTimeoutMs: STEP_TIMEOUT_MS }),
  ({ code, message }) => ApplicationFailure.create({ message, type: code }),
);

const { connectionOptions, namespace } = loadClientConnectConfig();
const connection = await NativeConnection.connect(connectionOptions);
try {
  const worker = await Worker.create({
    connection,
    ...(namespace && { namespace }),
    taskQueue,
    workflowBundle: { codePath: BUNDLE },
    activities,
    dataConverter: dataConverter(settings),
  });
  const running = worker.run();
  console.log(`Runs workflows of the task queue ${taskQueue}, with steps at ${baseUrl}.`);
  await running;
} finally {
  await connection.close();
}
