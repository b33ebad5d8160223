import { useState, type ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { ChoiceSelect } from '../../parts/choice-select';
import { toInstant } from '../../parts/days';
import { Field, Input } from '../../parts/fields';
import { useText, type TextId } from '../../text/texts';

type Question = Schemas['ExplainRequest'];

/** Facts that a program would send, as they are typed. */
export interface Facts {
  readonly fingerprint: string;
  readonly version: string;
  readonly country: string;
  readonly ip: string;
  readonly features: string;
  readonly productId: string;
  readonly releasedAt: string;
  readonly clock: string;
  readonly domain: string;
  readonly mac: string;
  readonly hardwareId: string;
  readonly asOf: string;
}

export const NO_FACTS: Facts = {
  fingerprint: '',
  version: '',
  country: '',
  ip: '',
  features: '',
  productId: '',
  releasedAt: '',
  clock: '',
  domain: '',
  mac: '',
  hardwareId: '',
  asOf: '',
};

export function toQuestion(facts: Facts): Question {
  const { fingerprint, version, country, ip, productId, releasedAt, clock, domain, mac, hardwareId, asOf } = facts;
  const features = facts.features.split(/[\s,]+/).filter((each) => each !== '');
  return {
    ...(fingerprint !== '' && { fingerprint }),
    ...(version !== '' && { version }),
    ...(country !== '' && { country: country.toUpperCase() }),
    ...(ip !== '' && { ip }),
    ...(features.length > 0 && { features }),
    ...(productId !== '' && { product_id: productId }),
    ...(releasedAt !== '' && { released_at: toInstant(`${releasedAt}T00:00`) }),
    ...(clock !== '' && { client_time: toInstant(clock) }),
    ...(domain !== '' && { domain }),
    ...(mac !== '' && { mac }),
    ...(hardwareId !== '' && { hardware_id: hardwareId }),
    ...(asOf !== '' && { as_of: toInstant(asOf) }),
  };
}

/** Facts that few licenses ask for. */
const MORE: readonly (keyof Facts)[] = ['productId', 'version', 'releasedAt', 'clock', 'domain', 'mac', 'hardwareId'];

/** Fields of the facts that few licenses ask for; open where one is given. */
export function MoreFacts({
  facts,
  fault,
  onChange,
}: {
  facts: Facts;
  fault: (name: string) => string | undefined;
  onChange: (changed: Partial<Facts>) => void;
}) {
  const t = useText();
  const input = (
    name: keyof Facts,
    member: keyof Question,
    label: TextId,
    { type, placeholder, hint, max = 255 }: { type?: string; placeholder?: string; hint?: string; max?: number } = {},
  ): ReactNode => (
    <Field label={t(label)} hint={hint} fault={fault(member)}>
      {(aria) => (
        <Input
          {...aria}
          name={name}
          type={type}
          placeholder={placeholder}
          maxLength={max}
          value={facts[name]}
          onChange={({ target }) => onChange({ [name]: target.value })}
        />
      )}
    </Field>
  );
  const [isOpen, setOpen] = useState(() => MORE.some((name) => facts[name] !== ''));
  const isFaulty = ['product_id', 'version', 'released_at', 'client_time', 'domain', 'mac', 'hardware_id'].some(
    (name) => fault(name) !== undefined,
  );
  return (
    <details
      open={isOpen || isFaulty}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary className="text-sm text-accent-ink">{t('explain.more')}</summary>
      <div className="mt-3 space-y-4">
        <Field label={t('license.product')} fault={fault('product_id')}>
          {(aria) => (
            <ChoiceSelect
              {...aria}
              of="products"
              name="productId"
              none={t('explain.sameProduct')}
              value={facts.productId}
              onChange={(productId) => onChange({ productId })}
            />
          )}
        </Field>
        <div className="grid grid-cols-2 gap-3">
          {input('version', 'version', 'explain.version', { max: 100 })}
          {input('releasedAt', 'released_at', 'explain.releasedAt', { type: 'date' })}
        </div>
        {input('clock', 'client_time', 'explain.clock', { type: 'datetime-local', hint: t('explain.clockHint') })}
        {input('domain', 'domain', 'explain.domain', { placeholder: 'app.example.com' })}
        {input('mac', 'mac', 'explain.mac', { placeholder: '00:1B:44:11:3A:B7' })}
        {input('hardwareId', 'hardware_id', 'explain.hardwareId')}
      </div>
    </details>
  );
}

/** Facts that somebody can enter, by the reason that says that one is missing. */
export const MISSING: Readonly<Record<string, readonly [field: keyof Facts, fact: keyof Question, text: TextId]>> = {
  FINGERPRINT_REQUIRED: ['fingerprint', 'fingerprint', 'remedy.enterDevice'],
  COUNTRY_DENIED: ['country', 'country', 'remedy.enterCountry'],
  DOMAIN_DENIED: ['domain', 'domain', 'remedy.enterDomain'],
  IP_DENIED: ['ip', 'ip', 'remedy.enterIp'],
  MAC_DENIED: ['mac', 'mac', 'remedy.enterMac'],
  HARDWARE_DENIED: ['hardwareId', 'hardware_id', 'remedy.enterHardwareId'],
};
