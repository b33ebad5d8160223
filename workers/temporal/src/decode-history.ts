// The conversion to JSON works while all packages of Temporal share one protobufjs, for which package.json names it.
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import type { EncryptingPayloadCodec, Payload } from './payload-codec.js';

/** Returns a history as JSON whose payloads can be read. It contains personal data if the inputs of the run do. */
export async function decodeHistory(history: History, codec: EncryptingPayloadCodec): Promise<string> {
  return historyToJSON((await decoded(history, codec)) as History);
}

async function decoded(value: unknown, codec: EncryptingPayloadCodec): Promise<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => decoded(item, codec)));
  if (isPayload(value)) return (await codec.decode([value]))[0];
  // Messages of protobuf have their class, which the conversion to JSON needs.
  const copy = Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>;
  for (const [name, member] of Object.entries(value)) copy[name] = await decoded(member, codec);
  return copy;
}

function isPayload(value: object): value is Payload {
  const { metadata, data } = value as Payload;
  return data instanceof Uint8Array && typeof metadata === 'object' && metadata !== null && 'encoding' in metadata;
}
