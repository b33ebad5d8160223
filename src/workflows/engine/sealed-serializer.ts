import type { Secrets } from '../../shared/secrets/secrets.js';

export const SERIALIZER_NAME = 'imprimatur-sealed-1';
/** The engine names no row when it serializes, so that all its values share one context. */
export const WORKFLOW_SEAL_CONTEXT = ['workflow'];

/** Serializer of everything that the engine stores: JSON, sealed by the master key, in base64. */
export function sealedSerializer(secrets: Secrets) {
  return {
    name: () => SERIALIZER_NAME,
    stringify: (value: unknown) =>
      secrets.seal(JSON.stringify(value === undefined ? null : value), WORKFLOW_SEAL_CONTEXT).toString('base64'),
    parse: (text: string | null | undefined): unknown =>
      text === null || text === undefined
        ? null
        : JSON.parse(secrets.unseal(Buffer.from(text, 'base64'), WORKFLOW_SEAL_CONTEXT)),
  };
}
