import { z } from 'zod';
import { Email } from '../shared/http/email.js';
import { text } from '../shared/http/schema.js';
import type { JsonObject } from '../shared/json.js';

/** Days before the expiry at which a license has a reminder, in the event log for all tenants. */
const REMINDER_DAYS = [30, 14, 7, 1] as const;
/** Those at which an e-mail is sent by default. */
const DEFAULT_DAYS = [30, 7, 1] as const;

const fields = {
  sender_name: text(100)
    .refine((name) => !/\p{Cc}/u.test(name), 'must not contain line breaks and control characters')
    .nullable()
    .meta({ description: 'Name of the sender. Null: that of EMAIL_FROM.' }),
  reply_to: Email.nullable().meta({ description: 'Address for answers. Null: the sender.' }),
  from: Email.nullable().meta({
    description: 'Address of the sender, in one of EMAIL_FROM_DOMAINS. Null: that of EMAIL_FROM.',
  }),
  renewal_reminder: z.boolean().meta({ description: 'Remind customers of the expiry of a license.' }),
  trial_ending: z.boolean().meta({ description: 'Remind customers of the end of a trial.' }),
  license_expired: z.boolean().meta({ description: 'Tell customers that a license has expired.' }),
  reminder_days: z
    .array(z.union(REMINDER_DAYS.map((days) => z.literal(days))))
    .min(1)
    .max(REMINDER_DAYS.length)
    .meta({ description: 'Days before the expiry at which reminders are sent: some of 30, 14, 7 and 1.' }),
};

export const EmailSettings = z.object(fields).meta({ id: 'EmailSettings', description: 'E-mail of the tenant.' });
export type EmailSettings = z.infer<typeof EmailSettings>;

export const UpdateEmailSettingsRequest = z
  .strictObject(fields)
  .partial()
  .meta({ id: 'UpdateEmailSettingsRequest', description: 'E-mail of the tenant; members that are absent stay.' });
export type UpdateEmailSettingsRequest = z.infer<typeof UpdateEmailSettingsRequest>;

/** Kinds of e-mail that follow the event log, each if it is switched on. */
export const FOLLOWING_EMAILS = ['renewal_reminder', 'trial_ending', 'license_expired'] as const;
export type FollowingEmail = (typeof FOLLOWING_EMAILS)[number];

/** Stored settings: those that were set, and since when each kind is switched on, before which no event causes e-mail. */
export type StoredEmailSettings = Partial<EmailSettings> & {
  readonly since?: Partial<Readonly<Record<FollowingEmail, string>>>;
};

const DEFAULTS: EmailSettings = {
  sender_name: null,
  reply_to: null,
  from: null,
  renewal_reminder: false,
  trial_ending: false,
  license_expired: false,
  reminder_days: [...DEFAULT_DAYS],
};

export function toEmailSettings(stored: StoredEmailSettings): EmailSettings {
  return EmailSettings.parse({ ...DEFAULTS, ...stored });
}

/** Returns the settings with the patch, and the time at which it switches a kind on. */
export function withEmailPatch(
  stored: StoredEmailSettings,
  patch: UpdateEmailSettingsRequest,
  now: Date,
): StoredEmailSettings {
  const since = FOLLOWING_EMAILS.flatMap((kind): [string, string][] => {
    const isOn = patch[kind] ?? stored[kind] ?? false;
    const before = stored[kind] === true ? stored.since?.[kind] : undefined;
    return isOn ? [[kind, before ?? now.toISOString()]] : [];
  });
  const reminders = patch.reminder_days && { reminder_days: [...new Set(patch.reminder_days)].sort((a, b) => b - a) };
  return { ...stored, ...patch, ...reminders, since: Object.fromEntries(since) };
}

/** Returns the settings for an event, in wire names. */
export function emailSnapshot(stored: StoredEmailSettings): JsonObject {
  return { ...toEmailSettings(stored) };
}
