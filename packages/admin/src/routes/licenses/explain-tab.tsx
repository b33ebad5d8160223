import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, MonitorCheck } from 'lucide-react';
import { useEffect, useId, useRef, useState, type RefObject } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { ProblemError } from '../../api/problem';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button, LinkButton } from '../../parts/button';
import { Card } from '../../parts/card';
import { cn } from '../../parts/class-names';
import { Code, CopyButton } from '../../parts/copy';
import { FactsText } from '../../parts/facts-text';
import { Field, Input } from '../../parts/fields';
import { Empty, Fault } from '../../parts/states';
import { RelativeTime, Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { nameOfDevice, useDevices } from './devices-tab';
import type { LicenseDialog } from './license-page';
import { MISSING, MoreFacts, NO_FACTS, toQuestion, type Facts } from './explain-facts';
import { isConvertible, type License } from './license-status';
import { faultOf } from '../../parts/form-dialog';

type Verdict = Schemas['ExplainResponse'];
type Question = Schemas['ExplainRequest'];

/** The last question. It outlives the tab, so that a remedy on another tab leads back to its verdict. */
export interface Explained {
  readonly form: Facts;
  readonly question?: Question;
}

const MAX_REFUSALS = 5;

export const NOTHING_EXPLAINED: Explained = { form: NO_FACTS };

interface Ways {
  readonly onDialog: (dialog: LicenseDialog) => void;
  readonly onTab: (tab: string) => void;
}

interface VerdictWays extends Ways {
  /** Asks the same question again. */
  readonly onAgain: () => void;
  /** Leads to the field of a fact that was not given. */
  readonly onEnter: (field: keyof Facts) => void;
}

/** Why a program may run, or may not: now, or at a time that the customer names. */
export function ExplainTab({ license, memory, ...ways }: { license: License; memory: RefObject<Explained> } & Ways) {
  const t = useText();
  const may = useMay();
  const devicesId = useId();
  const fields = useRef<HTMLFormElement>(null);
  const [form, setForm] = useState(() => memory.current.form);
  const devices = useDevices(license.license_id, { enabled: may('activations:read') });
  const explain = useMutation({
    mutationFn: (question: Question) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/explain', {
          params: { path: { license_id: license.license_id } },
          body: question,
        }),
      ),
  });
  const { mutate, variables } = explain;
  // A remedy changes the license; the verdict that is shown follows it.
  const { version } = license;
  useEffect(() => {
    const question = variables ?? memory.current.question;
    if (question) mutate(question);
    // oxlint-disable-next-line react/exhaustive-deps -- only a change of the license asks again
  }, [version, license.current_activations]);
  const change = (changed: Partial<Facts>) => {
    setForm({ ...form, ...changed });
  };
  const ask = (asked: Facts) => {
    const question = toQuestion(asked);
    memory.current = { form: asked, question };
    mutate(question);
  };
  const fault = (name: string) => faultOf(explain.error, name);
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <Card title={t('explain.title')} hint={t('explain.hint')}>
        <form
          ref={fields}
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            ask(form);
          }}
        >
          <Field label={t('explain.device')} hint={t('explain.deviceHint')} fault={fault('fingerprint')}>
            {(aria) => (
              <Input
                {...aria}
                name="fingerprint"
                list={devicesId}
                maxLength={255}
                value={form.fingerprint}
                onChange={(event) => change({ fingerprint: event.target.value })}
              />
            )}
          </Field>
          <datalist id={devicesId}>
            {devices.rows.map((device) => (
              <option key={device.activation_id} value={device.fingerprint}>
                {nameOfDevice(device)}
              </option>
            ))}
          </datalist>
          <div className="grid grid-cols-2 gap-3">
            <Field label={t('explain.country')} fault={fault('country')}>
              {(aria) => (
                <Input
                  {...aria}
                  name="country"
                  maxLength={2}
                  placeholder="DE"
                  className="uppercase"
                  value={form.country}
                  onChange={(event) => change({ country: event.target.value })}
                />
              )}
            </Field>
            <Field label={t('explain.ip')} fault={fault('ip')}>
              {(aria) => (
                <Input
                  {...aria}
                  name="ip"
                  placeholder="203.0.113.7"
                  value={form.ip}
                  onChange={(event) => change({ ip: event.target.value })}
                />
              )}
            </Field>
          </div>
          <Field label={t('explain.features')} hint={t('explain.featuresHint')} fault={faultOfFeatures(explain.error)}>
            {(aria) => (
              <Input
                {...aria}
                maxLength={1_000}
                value={form.features}
                onChange={(event) => change({ features: event.target.value })}
              />
            )}
          </Field>
          <MoreFacts facts={form} fault={fault} onChange={change} />
          {may('events:read') && (
            <Field label={t('explain.asOf')} hint={t('explain.asOfHint')} fault={fault('as_of')}>
              {(aria) => (
                <Input
                  {...aria}
                  type="datetime-local"
                  value={form.asOf}
                  onChange={(event) => change({ asOf: event.target.value })}
                />
              )}
            </Field>
          )}
          <Button type="submit" look="primary" className="w-full" busy={explain.isPending}>
            {t('explain.do')}
          </Button>
        </form>
        {may('events:read') && (
          <Refusals
            license={license}
            onChoose={(fingerprint) => {
              const asked = { ...form, fingerprint };
              setForm(asked);
              ask(asked);
            }}
          />
        )}
      </Card>
      <div className="space-y-5" aria-live="polite">
        <Fault error={explain.error} />
        {explain.data ? (
          <VerdictCard
            verdict={explain.data}
            question={explain.variables}
            license={license}
            {...ways}
            onAgain={() => {
              mutate(explain.variables);
            }}
            onEnter={(field) => {
              const input = fields.current?.querySelector<HTMLElement>(`[name=${field}]`);
              input?.closest('details')?.setAttribute('open', '');
              input?.focus();
            }}
          />
        ) : (
          <Card flush>
            <Empty title={t('explain.empty')} hint={t('explain.emptyHint')} />
          </Card>
        )}
      </div>
    </div>
  );
}

function faultOfFeatures(error: Error | null): string | undefined {
  return error instanceof ProblemError ? [...error.faults].find(([name]) => /^features\b/.test(name))?.[1] : undefined;
}

/** Devices whose activation was refused, the last first. One of them is what the customer asks about. */
function Refusals({ license, onChoose }: { license: License; onChoose: (fingerprint: string) => void }) {
  const t = useText();
  const word = useWord();
  const query = {
    license_id: license.license_id,
    event_type: 'license.activation_refused',
    order: 'desc',
    limit: '20',
  };
  const refusals = useQuery({
    queryKey: ['events', 'refusals', license.license_id],
    queryFn: () => bodyOf(api.GET('/v1/license-events', { params: { query: query as never } })),
  });
  const last = new Map<string, { code: string; at: string }>();
  for (const { event_data, created_at } of refusals.data?.data ?? []) {
    const { fingerprint, code } = event_data as { fingerprint?: string; code?: string };
    if (fingerprint !== undefined && !last.has(fingerprint) && last.size < MAX_REFUSALS)
      last.set(fingerprint, { code: code ?? '', at: created_at });
  }
  if (last.size === 0) return null;
  return (
    <section aria-label={t('explain.refusals')} className="mt-5 border-t border-line pt-4 print:hidden">
      <h3 className="text-sm font-medium">{t('explain.refusals')}</h3>
      <ul className="mt-2 space-y-1">
        {[...last].map(([fingerprint, { code, at }]) => (
          <li key={fingerprint}>
            <button
              type="button"
              onClick={() => onChoose(fingerprint)}
              className="w-full rounded-md px-2 py-1.5 text-left hover:bg-sunken"
            >
              <span className="block truncate font-mono text-xs">{fingerprint}</span>
              <span className="block text-xs text-soft">
                {word('why', code)} · <RelativeTime at={at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function VerdictCard({
  verdict,
  question,
  license,
  ...ways
}: { verdict: Verdict; question: Question; license: License } & VerdictWays) {
  const t = useText();
  const word = useWord();
  const Icon = verdict.valid ? CircleCheck : CircleX;
  return (
    <Card>
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="flex items-start gap-3">
          <span
            className={cn(
              'grid size-10 shrink-0 place-items-center rounded-full',
              verdict.valid ? 'bg-good-soft text-good' : 'bg-bad-soft text-bad',
            )}
          >
            <Icon className="size-5" aria-hidden />
          </span>
          <div>
            <h3 className="text-base font-semibold">{verdict.valid ? t('explain.allowed') : t('explain.refused')}</h3>
            {verdict.reasons.length === 0 ? (
              <FactsText className="text-sm text-soft">{verdict.detail}</FactsText>
            ) : (
              <p className="text-sm text-soft">{t('explain.reasons', { count: verdict.reasons.length })}</p>
            )}
            {verdict.as_of !== undefined && (
              <p className="mt-1 text-xs text-soft">
                {t('explain.then')} <Time at={verdict.as_of} /> ·{' '}
                {verdict.certain === true ? t('explain.certain') : t('explain.uncertain')}
              </p>
            )}
          </div>
        </div>
        {!verdict.valid && <CopyForCustomer verdict={verdict} license={license} />}
      </div>
      {verdict.reasons.length > 0 && (
        <ol className="mt-5 divide-y divide-line border-t border-line">
          {verdict.reasons.map((reason, index) => (
            <li
              key={`${reason.code}${reason.detail}`}
              className="flex flex-wrap items-center justify-between gap-3 py-4 last:pb-0"
            >
              <div className="min-w-0 grow basis-64">
                <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
                  {word('why', reason.code)} <Badge>{reason.code}</Badge>
                </p>
                <FactsText className="mt-0.5 text-sm text-soft">{reason.detail}</FactsText>
              </div>
              {verdict.as_of === undefined &&
                (isFirstOfItsRemedy(verdict.reasons, index) || missingFact(reason, question)) && (
                  <Remedy reason={reason} question={question} license={license} {...ways} />
                )}
            </li>
          ))}
        </ol>
      )}
      {(verdict.unknown ?? []).length > 0 && (
        <div className="mt-4 rounded-lg bg-sunken p-4 text-sm">
          <p className="font-medium">{t('explain.unknown')}</p>
          <ul className="mt-1 list-disc pl-5 text-soft">
            {verdict.unknown?.map(({ detail, fields }) => (
              <li key={detail}>
                <FactsText as="span">{detail}</FactsText>{' '}
                {fields.map((field) => (
                  <Code key={field}>{field}</Code>
                ))}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

/** Returns the fact that was not given and that a reason is about. */
function missingFact({ code }: Schemas['ValidationReason'], question: Question) {
  const missing = MISSING[code];
  return missing && question[missing[1]] === undefined ? { field: missing[0], text: missing[2] } : undefined;
}

/** One remedy may remove several reasons; it is offered once. */
function isFirstOfItsRemedy(reasons: Verdict['reasons'], index: number): boolean {
  const action = reasons[index]?.next.action;
  return action === 'contact_vendor' || reasons.findIndex(({ next }) => next.action === action) === index;
}

/** The button that removes a reason. Nothing is offered that the signed-in one may not do. */
function Remedy({
  reason,
  question,
  license,
  onDialog,
  onTab,
  onAgain,
  onEnter,
}: { reason: Schemas['ValidationReason']; question: Question; license: License } & VerdictWays) {
  const t = useText();
  const may = useMay();
  const { action } = reason.next;
  const missing = missingFact(reason, question);
  if (missing) return <Button onClick={() => onEnter(missing.field)}>{t(missing.text)}</Button>;
  if (action === 'renew' && isConvertible(license, may))
    return <Button onClick={() => onDialog('convertTrial')}>{t('convertTrial.menu')}</Button>;
  if (action === 'renew' && may('licenses:renew'))
    return <Button onClick={() => onDialog('renew')}>{t('renew.menu')}</Button>;
  if (action === 'reinstate' && may('licenses:suspend'))
    return <Button onClick={() => onDialog('reinstate')}>{t('reinstate.menu')}</Button>;
  if (action === 'deactivate_device' || action === 'replace_device') {
    return (
      <div className="flex flex-wrap gap-2">
        {may('activations:read') && <Button onClick={() => onTab('devices')}>{t('remedy.release')}</Button>}
        {may('licenses:write') && <Button onClick={() => onDialog('edit')}>{t('remedy.addSeats')}</Button>}
      </div>
    );
  }
  if (action === 'activate' && question.fingerprint !== undefined && may('activations:write'))
    return <ActivateButton license={license} fingerprint={question.fingerprint} />;
  if (reason.code === 'DEVICE_BLOCKED' && question.fingerprint !== undefined && may('devices:block'))
    return <UnblockButton license={license} fingerprint={question.fingerprint} onChanged={onAgain} />;
  if (reason.code === 'REVOKED' && may('licenses:issue')) {
    return (
      <LinkButton to="/issue" search={{ template_id: license.template_id, customer_id: license.customer_id }}>
        {t('remedy.issueAgain')}
      </LinkButton>
    );
  }
  if (/_DENIED$|^FEATURE_/.test(reason.code) && !license.trial && may('licenses:change-template'))
    return <Button onClick={() => onDialog('changeTemplate')}>{t('changeTemplate.menu')}</Button>;
  return <span className="text-xs text-soft">{t(`next.${action}`)}</span>;
}

function ActivateButton({ license, fingerprint }: { license: License; fingerprint: string }) {
  const t = useText();
  const activate = useWrite({
    write: (device: string) =>
      bodyOf(
        api.POST('/v1/licenses/{license_id}/activations', {
          params: { path: { license_id: license.license_id } },
          body: { fingerprint: device },
        }),
      ),
    done: t('remedy.activated'),
    changes: ['activations', 'licenses'],
  });
  return (
    <div className="space-y-2">
      <Button
        busy={activate.isPending}
        onClick={() => {
          activate.mutate(fingerprint);
        }}
      >
        <MonitorCheck aria-hidden />
        {t('remedy.activate')}
      </Button>
      <Fault error={activate.error} />
    </div>
  );
}

function UnblockButton({
  license: { license_id },
  fingerprint,
  onChanged,
}: {
  license: License;
  fingerprint: string;
  onChanged: () => void;
}) {
  const t = useText();
  const unblock = useWrite({
    write: async (device: string) => {
      const { data } = await bodyOf(
        api.GET('/v1/licenses/{license_id}/blocked-devices', {
          params: { path: { license_id }, query: { fingerprint: device } },
        }),
      );
      for (const { blocked_device_id } of data) {
        const path = { license_id, blocked_device_id };
        await bodyOf(api.DELETE('/v1/licenses/{license_id}/blocked-devices/{blocked_device_id}', { params: { path } }));
      }
    },
    done: t('remedy.unblocked'),
    changes: ['blocked-devices', 'activations', 'licenses'],
    onDone: onChanged,
  });
  return (
    <div className="space-y-2">
      <Button
        busy={unblock.isPending}
        onClick={() => {
          unblock.mutate(fingerprint);
        }}
      >
        {t('remedy.unblock')}
      </Button>
      <Fault error={unblock.error} />
    </div>
  );
}

/** The verdict as a text that support sends to the customer: no id but the last letters of the key. */
function CopyForCustomer({ verdict, license }: { verdict: Verdict; license: License }) {
  const t = useText();
  const word = useWord();
  const text = [
    t('customerText.begin', { product: license.product_display_name, lastFour: license.license_key_last_four }),
    ...verdict.reasons.map(({ code, next: { action } }) => `– ${word('why', code)}. ${t(`customerNext.${action}`)}`),
  ].join('\n');
  return <CopyButton text={text} label={t('explain.copy')} />;
}
