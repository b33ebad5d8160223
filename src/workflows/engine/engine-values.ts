import type { Secrets } from '../../shared/secrets/secrets.js';
import type { Statement } from '../../shared/persistence/tenant-connection.js';
import { CANCEL } from '../definitions/run-body.js';
import type { RunKey } from './engine.js';
import { MESSAGES, SCHEMA, workflowIdOf } from './names.js';
import { sealedSerializer, SERIALIZER_NAME } from './sealed-serializer.js';

/** Returns the input of a run from the engine's stored arguments. */
export function openWorkflowInput(secrets: Secrets, stored: string): unknown {
  const [input] = sealedSerializer(secrets).parse(stored) as unknown[];
  return input;
}

/** Returns the statement by which a command of the operator asks a run to end, as the library would send it. */
export function cancelMessage(secrets: Secrets, run: RunKey): Statement {
  return {
    text: `INSERT INTO ${SCHEMA}.notifications (destination_uuid, topic, message, serialization)
           SELECT workflow_uuid, $2, $3, $4 FROM ${SCHEMA}.workflow_status WHERE workflow_uuid = $1`,
    values: [workflowIdOf(run), MESSAGES, sealedSerializer(secrets).stringify({ name: CANCEL }), SERIALIZER_NAME],
  };
}
