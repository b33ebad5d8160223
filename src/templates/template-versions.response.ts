import { z } from 'zod';
import { ActorType, UtcTime } from '../shared/http/schema.js';
import type { TemplateVersion } from './template-versions.js';

const TemplateVersionResponse = z
  .object({
    version: z.int(),
    created_at: UtcTime,
    author_type: ActorType.nullable().meta({ description: 'Null: not recorded.' }),
    author_id: z.string().nullable().meta({ description: 'The API key, user or service that made the version.' }),
    changed: z
      .array(z.string())
      .meta({ description: 'Fields that differ from the version before. Empty for the first one.' }),
    licenses: z.int().meta({
      description: 'Licenses with the terms of this version, as the reports have counted them: seconds behind.',
    }),
  })
  .meta({ id: 'LicenseTemplateVersion' });

export const TemplateVersionsResponse = z
  .object({
    template_id: z.string(),
    versions: z.array(TemplateVersionResponse).meta({ description: 'Newest first.' }),
  })
  .meta({ id: 'LicenseTemplateVersions', description: 'The versions of the license template.' });
export type TemplateVersionsResponse = z.infer<typeof TemplateVersionsResponse>;

export const TemplateDiffResponse = z
  .object({
    template_id: z.string(),
    from: z.int(),
    to: z.int(),
    changes: z
      .record(z.string(), z.object({ from: z.unknown(), to: z.unknown() }).meta({ id: 'TemplateDifference' }))
      .meta({ description: 'Fields in which the versions differ, by name.' }),
  })
  .meta({ id: 'LicenseTemplateDiff', description: 'What differs between two versions of the license template.' });
export type TemplateDiffResponse = z.infer<typeof TemplateDiffResponse>;

export function toTemplateVersionsResponse(
  templateId: string,
  versions: readonly TemplateVersion[],
  licenses: ReadonlyMap<number, number>,
): TemplateVersionsResponse {
  return {
    template_id: templateId,
    versions: versions.map(({ version, at, actor, changed }) => ({
      version,
      created_at: at.toISOString(),
      author_type: actor?.type ?? null,
      author_id: actor?.id ?? null,
      changed: [...changed],
      licenses: licenses.get(version) ?? 0,
    })),
  };
}
