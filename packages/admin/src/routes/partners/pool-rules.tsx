import type { UseFormReturn } from 'react-hook-form';
import type { Schemas } from '../../api/client';
import { dayOf, endOfDay } from '../../parts/days';
import { CheckField, Field, Input } from '../../parts/fields';
import { useText, useWord } from '../../text/texts';

const ACTIONS = ['starts', 'import', 'renew', 'convert-trial', 'change-template', 'transfer', 'rotate-key'] as const;
const OVERRIDES = [
  'max_activations',
  'grace_period_days',
  'features',
  'restrictions',
  'term',
  'expiry_date',
  'metadata',
] as const;

/** Rules of a pool, as its form has them. A group of check boxes is a list of the chosen names. */
export interface RulesForm {
  allowed_actions: Schemas['PartnerAction'][];
  allowed_overrides: Schemas['PartnerOverride'][];
  returns_revoked: boolean;
  returns_expired: boolean;
  expires_at: string;
}

export const EMPTY_RULES: RulesForm = {
  allowed_actions: [],
  allowed_overrides: [],
  returns_revoked: false,
  returns_expired: false,
  expires_at: '',
};

export function rulesOf(pool: Schemas['LicensePool']): RulesForm {
  const { allowed_actions, allowed_overrides, returns_revoked, returns_expired, expires_at } = pool;
  return { allowed_actions, allowed_overrides, returns_revoked, returns_expired, expires_at: dayOf(expires_at) };
}

export function toRules({
  allowed_actions,
  allowed_overrides,
  returns_revoked,
  returns_expired,
  expires_at,
}: RulesForm) {
  return {
    allowed_actions,
    allowed_overrides,
    returns_revoked,
    returns_expired,
    expires_at: expires_at === '' ? null : endOfDay(expires_at),
  };
}

export function PoolRuleFields({
  form: { register },
  fault,
}: {
  form: UseFormReturn<RulesForm>;
  fault: (name: string) => string | undefined;
}) {
  const t = useText();
  const word = useWord();
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <fieldset className="space-y-2">
        <legend className="mb-2 text-sm font-medium">{t('pool.allowedActions')}</legend>
        {ACTIONS.map((action) => (
          <CheckField
            key={action}
            label={word('partnerAction', action)}
            value={action}
            {...register('allowed_actions')}
          />
        ))}
      </fieldset>
      <fieldset className="space-y-2">
        <legend className="mb-2 text-sm font-medium">{t('pool.allowedOverrides')}</legend>
        {OVERRIDES.map((name) => (
          <CheckField
            key={name}
            label={word('partnerOverride', name)}
            value={name}
            {...register('allowed_overrides')}
          />
        ))}
      </fieldset>
      <fieldset className="space-y-2">
        <legend className="mb-2 text-sm font-medium">{t('pool.returns')}</legend>
        <CheckField label={t('pool.returnsRevoked')} {...register('returns_revoked')} />
        <CheckField
          label={t('pool.returnsExpired')}
          hint={t('pool.returnsExpiredHint')}
          {...register('returns_expired')}
        />
      </fieldset>
      <Field label={t('pool.expires')} hint={t('pool.expiresHint')} fault={fault('expires_at')}>
        {(aria) => <Input {...aria} type="date" {...register('expires_at')} />}
      </Field>
    </div>
  );
}
