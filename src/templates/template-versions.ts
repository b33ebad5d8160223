import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../shared/json.js';
import type { Subject } from '../shared/access/actor.js';

/** Event of a template, as the log has it. */
export interface TemplateChange {
  readonly type: string;
  readonly data: JsonObject;
  readonly actor: Subject;
  readonly at: Date;
}

/** Version of a template: its changeable fields, and who made it from the one before. */
export interface TemplateVersion {
  readonly version: number;
  readonly snapshot: JsonObject;
  readonly changed: readonly string[];
  readonly actor: Subject | null;
  readonly at: Date;
}

/**
 * Returns the versions of a template, the newest first, by reverting its changes, the latest first, from the current one. The first version has
 * no changed fields; its actor is null if an earlier release did not record it.
 */
export function versionsOf(
  current: { readonly version: number; readonly snapshot: JsonObject; readonly createdAt: Date },
  changes: readonly TemplateChange[],
): TemplateVersion[] {
  const versions: TemplateVersion[] = [];
  let { version, snapshot } = current;
  for (const { data, actor, at } of changes.filter(({ type }) => type === 'template.updated')) {
    const before = data.before as JsonObject;
    versions.push({ version, snapshot, changed: Object.keys(before).sort(), actor, at });
    snapshot = { ...snapshot, ...before };
    version--;
  }
  const created = changes.find(({ type }) => type === 'template.created');
  return [...versions, { version, snapshot, changed: [], actor: created?.actor ?? null, at: current.createdAt }];
}

/** Returns the fields in which two versions differ, by name. */
export function differencesOf(from: JsonObject, to: JsonObject) {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const differing = names.filter((name) => !isDeepStrictEqual(from[name], to[name]));
  return Object.fromEntries(differing.map((name) => [name, { from: from[name] ?? null, to: to[name] ?? null }]));
}
