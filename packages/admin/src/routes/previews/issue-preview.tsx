import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { Badge } from '../../parts/badge';
import { cn } from '../../parts/class-names';
import { Field, Input } from '../../parts/fields';
import { Fault, Loading } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { useSettled } from '../../parts/use-settled';
import { useText, useWord } from '../../text/texts';
import { LicenseState, useNoExpiry } from '../licenses/license-status';

type Preview = Schemas['IssuePreview'];
export type Facts = Schemas['FactsToValidate'];

/** License that the server would issue for a request, asked for a moment after each change. The former answer stays until the new one is there. */
export function useIssuePreview<Request>(request: Request | undefined, ask: (request: Request) => Promise<Preview>) {
  const settled = useSettled(request === undefined ? '' : JSON.stringify(request));
  return useQuery({
    queryKey: ['preview', settled],
    queryFn: () => ask(JSON.parse(settled) as Request),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}

interface PreviewState {
  readonly data: Preview | undefined;
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly isFetching: boolean;
}

export function IssuePreview({ preview, facts }: { preview: PreviewState; facts: ReactNode }) {
  const t = useText();
  const { data, error, isPending, isFetching } = preview;
  if (error) return <Fault error={error} />;
  if (isPending || !data) return <Loading />;
  return (
    <div aria-busy={isFetching} className={cn(isFetching && 'opacity-60')}>
      <LicenseFacts license={data.license} />
      <h3 className="mt-5 border-t border-line pt-4 text-sm font-semibold">{t('preview.program')}</h3>
      {facts}
      <Verdict validation={data.validation} />
    </div>
  );
}

function LicenseFacts({ license }: { license: Preview['license'] }) {
  const t = useText();
  const word = useWord();
  const noExpiry = useNoExpiry();
  const rows: [string, ReactNode][] = [
    [t('license.issuedTo'), license.issued_to],
    [t('license.product'), license.product_display_name],
    [t('template.type'), license.trial ? t('issue.trial') : word('type', license.license_type)],
    [t('status'), <LicenseState key="status" license={license} />],
    [
      t('preview.starts'),
      license.starts_at === null ? t('preview.firstActivation') : <Moment at={license.starts_at} />,
    ],
    [t('license.expires'), license.expiry_date === null ? noExpiry(license) : <Moment at={license.expiry_date} />],
    ...(license.grace_ends_at === null
      ? []
      : [[t('preview.graceEnds'), <Moment key="grace" at={license.grace_ends_at} />] satisfies [string, ReactNode]]),
    [
      t('license.seats'),
      license.max_activations === null
        ? t('seats.unlimitedShort')
        : t('seats.count', { count: license.max_activations }),
    ],
  ];
  return (
    <>
      <dl className="space-y-2.5 text-sm">
        {rows.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4">
            <dt className="text-soft">{name}</dt>
            <dd className="text-right font-medium wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
      {license.features.length > 0 && (
        <ul className="mt-4 flex flex-wrap gap-1.5" aria-label={t('template.features')}>
          {license.features.map(({ feature_id, feature_name }) => (
            <li key={feature_id}>
              <Badge tone="info">{feature_name}</Badge>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <>
      <Time at={at} dateOnly />{' '}
      <span className="font-normal text-soft">
        (<RelativeTime at={at} />)
      </span>
    </>
  );
}

/** Reasons of a license whose program has not activated its device yet. */
const BEFORE_ACTIVATION: readonly string[] = ['FINGERPRINT_REQUIRED', 'NOT_ACTIVATED'];

/** Result of a validation right after the issue. */
function Verdict({ validation }: { validation: Preview['validation'] }) {
  const t = useText();
  const word = useWord();
  const { valid, reasons } = validation;
  const waits = !valid && reasons.every(({ code }) => BEFORE_ACTIVATION.includes(code));
  const Icon = valid ? CircleCheck : waits ? CircleDashed : CircleX;
  const text = valid ? t('explain.allowed') : waits ? t('preview.afterActivation') : t('explain.refused');
  return (
    <div aria-live="polite">
      <p
        className={cn(
          'mt-3 flex items-center gap-2 text-sm font-medium',
          valid ? 'text-good' : waits ? 'text-accent-ink' : 'text-bad',
        )}
      >
        <Icon className="size-4 shrink-0" aria-hidden />
        {text}
      </p>
      {reasons.length > 0 && (
        <ul className="mt-2 space-y-1 text-sm">
          {reasons.map(({ code }) => (
            <li key={code}>
              {word('why', code)} <span className="font-mono text-xs text-soft">{code}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Facts that a program would send, for the validation of a preview. */
export function useFacts(): [facts: Facts, fields: ReactNode] {
  const t = useText();
  const [device, setDevice] = useState('');
  const [country, setCountry] = useState('');
  const facts: Facts = {
    ...(device !== '' && { fingerprint: device }),
    ...(/^[A-Z]{2}$/.test(country) && { country }),
  };
  return [
    facts,
    <div key="fields" className="mt-3 grid grid-cols-2 gap-3">
      <Field label={t('explain.device')}>
        {(aria) => (
          <Input
            {...aria}
            maxLength={255}
            value={device}
            onChange={({ target }) => {
              setDevice(target.value);
            }}
          />
        )}
      </Field>
      <Field label={t('explain.country')}>
        {(aria) => (
          <Input
            {...aria}
            maxLength={2}
            placeholder="DE"
            value={country}
            onChange={({ target }) => {
              setCountry(target.value.toUpperCase());
            }}
          />
        )}
      </Field>
    </div>,
  ];
}
