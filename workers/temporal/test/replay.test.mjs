// Replays the recorded histories with the bodies of today: a changed body that open runs could not go on with fails here. No server is needed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DeterminismViolationError } from '@temporalio/workflow';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { BUNDLE, FAILURE_CONVERTER } from '../dist/workers/temporal/src/temporal.js';

Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
const folder = new URL('../histories/', import.meta.url);
const recorded = readdirSync(folder).map((file) => ({
  runId: file.replace(/\.json$/, ''),
  history: JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
}));
const replay = ({ runId, history }) =>
  Worker.runReplayHistory(
    { workflowBundle: { codePath: BUNDLE }, dataConverter: { failureConverterPath: FAILURE_CONVERTER } },
    history,
    runId,
  );

assert.ok(recorded.length > 5);
for (const one of recorded) test(`${one.runId} is replayed`, () => replay(one));

test('a history of other steps is refused', async () => {
  const other = JSON.parse(JSON.stringify(recorded[0]));
  const step = other.history.events.find(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name === 'issueLicense',
  );
  step.activityTaskScheduledEventAttributes.activityType.name = 'revokeLicense';
  await assert.rejects(replay(other), DeterminismViolationError);
});
