import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { EncryptingPayloadCodec } from './payload-codec.js';
import type { Settings } from './settings.js';

const FAILURE_CONVERTER = fileURLToPath(new URL('failure-converter.js', import.meta.url));
export const WORKFLOWS = fileURLToPath(new URL('workflows.js', import.meta.url));
export const BUNDLE = fileURLToPath(new URL('workflow-bundle.cjs', import.meta.url));
export { FAILURE_CONVERTER };

export function dataConverter({ payloadKeys }: Settings): DataConverter {
  return { payloadCodecs: [new EncryptingPayloadCodec(payloadKeys)], failureConverterPath: FAILURE_CONVERTER };
}

/** Connects as the environment and Temporal's own configuration file say: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, … */
export async function connectClient(settings: Settings): Promise<Client> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions);
  return new Client({ connection, ...(namespace && { namespace }), dataConverter: dataConverter(settings) });
}
