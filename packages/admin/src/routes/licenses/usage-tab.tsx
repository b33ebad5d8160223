import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { Field, Input } from '../../parts/fields';
import type { Reason } from '../../parts/reason-fields';
import { Empty, Loading, Refusal } from '../../parts/states';
import { Time } from '../../parts/time';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { Seats, stateOf, type License } from './license-status';

type Entitlement = Pick<Schemas['Entitlement'], 'limit_value' | 'reset_period' | 'used'>;

/** Usage of a feature in one period that is corrected. */
interface Correction {
  readonly name: string;
  readonly feature_id: string;
  /** Undefined: the current period. */
  readonly period_start?: string | undefined;
  readonly used: number;
}

/** The features of a license with their usage, as a program sees them, and that of former periods. */
export function UsageTab({ license }: { license: License }) {
  const t = useText();
  const word = useWord();
  const mayCorrect = useMay()('licenses:write') && stateOf(license) !== 'REVOKED';
  const [correcting, setCorrecting] = useState<Correction | undefined>();
  const { license_id, version } = license;
  const explained = useQuery({
    queryKey: ['licenses', license_id, 'usage', version],
    queryFn: () =>
      bodyOf(api.POST('/v1/licenses/{license_id}/explain', { params: { path: { license_id } }, body: {} })),
  });
  const periods = useQuery({
    queryKey: ['licenses', license_id, 'periods', version],
    queryFn: () => bodyOf(api.GET('/v1/licenses/{license_id}/usage', { params: { path: { license_id } } })),
  });
  const { data } = explained;
  if (!data || !periods.data) {
    const error = explained.error ?? periods.error;
    const retry = () => void Promise.all([explained.refetch(), periods.refetch()]);
    return <Card flush>{error ? <Refusal error={error} onRetry={retry} /> : <Loading />}</Card>;
  }
  const features = data.entitlements.map(({ used = 0, ...feature }) => ({ ...feature, used }));
  const former = periods.data.usage.filter(({ current }) => !current);
  if (features.length === 0 && former.length === 0) {
    return (
      <Card flush>
        <Empty title={t('usage.empty')} hint={t('usage.emptyHint')} />
      </Card>
    );
  }
  const nameOf = (id: string) => features.find(({ feature_id }) => feature_id === id)?.feature_name ?? id;
  const correct = (correction: Correction) =>
    mayCorrect && (
      <Button
        size="small"
        aria-label={t('usage.correctOf', { name: correction.name })}
        onClick={() => {
          setCorrecting(correction);
        }}
      >
        {t('usage.correct')}
      </Button>
    );
  return (
    <div className="space-y-5">
      <UsageTable
        label={t('license.tab.usage')}
        headers={[t('usage.feature'), t('status'), t('usage.used'), t('usage.resets'), '']}
        rows={features.map((feature) => ({
          id: feature.feature_id,
          cells: [
            <FeatureName key="name" id={feature.feature_id} name={feature.feature_name} />,
            <Badge key="state" tone={feature.available ? 'good' : 'quiet'} dot>
              {feature.available ? t('usage.available') : t('usage.unavailable')}
            </Badge>,
            isMetered(feature) ? (
              <Seats key="used" used={feature.used} max={feature.limit_value} />
            ) : (
              <span key="used" className="text-soft">
                {t('usage.notMetered')}
              </span>
            ),
            <div key="resets" className="text-soft">
              {feature.resets_at === null ? t('never') : <Time at={feature.resets_at} dateOnly />}
              {feature.reset_period !== null && (
                <span className="block text-xs">{word('reset', feature.reset_period)}</span>
              )}
            </div>,
            isMetered(feature) &&
              correct({ name: feature.feature_name, feature_id: feature.feature_id, used: feature.used }),
          ],
        }))}
      />
      {former.length > 0 && (
        <section>
          <h2 className="mb-3 text-sm font-semibold">{t('usage.former')}</h2>
          <UsageTable
            label={t('usage.former')}
            headers={[t('usage.feature'), t('usage.periodStart'), t('usage.used'), '']}
            rows={former.map(({ feature_id, period_start, used }) => ({
              id: `${feature_id} ${period_start}`,
              cells: [
                <FeatureName key="name" id={feature_id} name={nameOf(feature_id)} />,
                period_start === null ? t('never') : <Time key="start" at={period_start} dateOnly />,
                <span key="used" className="tabular-nums">
                  {used}
                </span>,
                period_start !== null && correct({ name: nameOf(feature_id), feature_id, period_start, used }),
              ],
            }))}
          />
        </section>
      )}
      {correcting && (
        <CorrectDialog
          license={license}
          correction={correcting}
          onClose={() => {
            setCorrecting(undefined);
          }}
        />
      )}
    </div>
  );
}

/** Whether the usage of a feature is counted: one without a limit may be, too. */
function isMetered({ limit_value, reset_period, used }: Entitlement): boolean {
  return limit_value !== null || reset_period !== null || used > 0;
}

function FeatureName({ id, name }: { id: string; name: string }) {
  return (
    <>
      <div className="font-medium">{name}</div>
      <div className="font-mono text-xs text-soft">{id}</div>
    </>
  );
}

function UsageTable({
  label,
  headers,
  rows,
}: {
  label: string;
  headers: readonly string[];
  rows: readonly { readonly id: string; readonly cells: readonly ReactNode[] }[];
}) {
  const t = useText();
  return (
    <Card flush className="overflow-hidden">
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
        <table className="w-full text-left text-sm">
          <thead className="border-b border-line bg-sunken/60 text-xs text-soft">
            <tr>
              {headers.map((header) => (
                <th key={header} scope="col" className="px-5 py-2.5 font-medium whitespace-nowrap">
                  {header || <span className="sr-only">{t('list.actions')}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, cells }) => (
              <tr key={id} className="border-b border-line last:border-b-0">
                {cells.map((cell, index) => (
                  <td key={headers[index]} className="px-5 py-3 last:text-right">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

interface Form {
  used: string;
  reason: Reason;
}

/** Sets the usage of a feature in a period, with the reason. */
function CorrectDialog({
  license,
  correction: { name, feature_id, period_start, used },
  onClose,
}: {
  license: License;
  correction: Correction;
  onClose: () => void;
}) {
  const t = useText();
  const write = useWrite({
    write: (form: Form) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/usage/correct', {
          params: { path: { license_id: license.license_id } },
          body: {
            feature_id,
            used: Number(form.used),
            reason: form.reason,
            ...(period_start !== undefined && { period_start }),
          },
        }),
      ),
    done: t('usage.corrected'),
    changes: ['licenses'],
    onDone: onClose,
  });
  const values: Form = { used: String(used), reason: { code: 'CORRECTION' } };
  return (
    <WriteDialog
      title={t('usage.correctOf', { name })}
      hint={t('usage.correctHint')}
      submitLabel={t('usage.correct')}
      values={values}
      write={write}
      needsChange
      onClose={onClose}
    >
      {({ control, register }, fault) => (
        <>
          <Field label={t('usage.used')} required fault={fault('used') ?? fault('period_start')}>
            {(aria) => (
              <Input {...aria} type="number" required min={0} max={Number.MAX_SAFE_INTEGER} {...register('used')} />
            )}
          </Field>
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}
