import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { PackagePlus } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { licensePoolQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Badge, type Tone } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { Code } from '../../parts/copy';
import { DataTable } from '../../parts/data-table';
import { Field, Input, Select } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import type { Reason } from '../../parts/reason-fields';
import { ResourceDetail } from '../../parts/resource-detail';
import { ResourceForm } from '../../parts/resource-form';
import { Section } from '../../parts/section';
import { Empty } from '../../parts/states';
import { Time } from '../../parts/time';
import { ReasonControl, WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText, useWord } from '../../text/texts';
import { LicenseLink } from '../orders/lines-table';
import { PoolRuleFields, rulesOf, toRules, type RulesForm } from './pool-rules';

type Pool = Schemas['LicensePool'];

const route = getRouteApi('/license-pools/$poolId');

export const PoolPage = gated('partners:read', function PoolPage() {
  const { poolId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(licensePoolQuery(poolId))} id={poolId}>
      {(pool) => <Details pool={pool} />}
    </ResourceDetail>
  );
});

function Details({ pool }: { pool: Pool }) {
  const t = useText();
  const may = useMay();
  const [isAllotting, setAllotting] = useState(false);
  const name = t('pool.name', { template: pool.license_template_id });
  const counts = [
    ['pool.allotted', pool.allotted],
    ['pool.issued', pool.issued],
    ['pool.returned', pool.returned],
    ['pool.expired', pool.expired],
    ['pool.available', pool.available],
  ] as const;
  return (
    <>
      <PageHeader
        above={
          <Link to="/partners/$partnerId" params={{ partnerId: pool.partner_id }} className="hover:underline">
            {t('pool.ofPartner')}
          </Link>
        }
        name={name}
        title={name}
        hint={<Code>{pool.pool_id}</Code>}
        actions={
          may('partners:write') && (
            <Button
              look="primary"
              onClick={() => {
                setAllotting(true);
              }}
            >
              <PackagePlus aria-hidden />
              {t('pool.allot')}
            </Button>
          )
        }
      />
      <div className="space-y-5">
        <Card>
          <dl className="grid grid-cols-2 gap-4 sm:grid-cols-5">
            {counts.map(([text, value]) => (
              <div key={text}>
                <dt className="text-xs text-soft">{t(text)}</dt>
                <dd className="mt-1 text-xl font-semibold tabular-nums">{value}</dd>
              </div>
            ))}
          </dl>
        </Card>
        <Ledger poolId={pool.pool_id} />
        <Pinned resource={pool}>{(pinned, pin) => <Rules pool={pinned} onSaved={pin} />}</Pinned>
      </div>
      {isAllotting && (
        <Allot
          pool={pool}
          onClose={() => {
            setAllotting(false);
          }}
        />
      )}
    </>
  );
}

const TONES: Readonly<Record<string, Tone>> = { ALLOTMENT: 'info', ISSUE: 'good', RETURN: 'warn', EXPIRY: 'quiet' };

/** Every allotment, issue and return, with the balance after it. */
function Ledger({ poolId }: { poolId: string }) {
  const t = useText();
  const word = useWord();
  const list = useList(['license-pools', 'ledger', poolId], (cursor) =>
    bodyOf(
      api.GET('/v1/license-pools/{pool_id}/entries', {
        params: { path: { pool_id: poolId }, query: { limit: 50, ...given({ cursor }) } },
      }),
    ),
  );
  return (
    <Section title={t('pool.ledger')}>
      <DataTable
        label={t('pool.ledger')}
        list={list}
        rowKey={({ number }) => String(number)}
        empty={<Empty title={t('pool.noEntries')} hint={t('pool.noEntriesHint')} />}
        columns={[
          {
            id: 'number',
            header: t('lines.number'),
            cell: ({ number }) => <span className="text-soft tabular-nums">{number}</span>,
          },
          {
            id: 'kind',
            header: t('pool.entry'),
            cell: ({ kind, license_id }) => (
              <div className="flex flex-wrap items-center gap-2">
                <Badge tone={TONES[kind] ?? 'quiet'}>{word('poolEntry', kind)}</Badge>
                {license_id !== null && <LicenseLink licenseId={license_id} />}
              </div>
            ),
          },
          {
            id: 'quantity',
            header: t('lines.quantity'),
            align: 'right',
            cell: ({ quantity }) => <span className="tabular-nums">{quantity}</span>,
          },
          {
            id: 'available',
            header: t('pool.available'),
            align: 'right',
            secondary: true,
            cell: ({ allotted, issued, returned, expired }) => (
              <span className="tabular-nums">{allotted - issued + returned - expired}</span>
            ),
          },
          { id: 'at', header: t('pool.at'), cell: ({ created_at }) => <Time at={created_at} /> },
        ]}
      />
    </Section>
  );
}

interface AllotForm {
  direction: 'ADD' | 'TAKE';
  quantity: string;
  reason: Reason;
}

function Allot({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const t = useText();
  const client = useQueryClient();
  const { pool_id } = pool;
  const write = useGuardedWrite({
    resource: pool,
    read: () => client.query({ ...licensePoolQuery(pool_id), staleTime: 0 }),
    write: ({ direction, quantity, reason }: AllotForm, base) =>
      bodyOf(
        api.POST('/v1/license-pools/{pool_id}/allot', {
          params: { path: { pool_id }, header: ifUnchanged(base) },
          body: { quantity: direction === 'ADD' ? Number(quantity) : -Number(quantity), reason },
        }),
      ),
    done: t('pool.allotDone'),
    changes: ['license-pools'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t('pool.allot')}
      hint={t('pool.allotHint', { available: pool.available })}
      submitLabel={t('pool.allot')}
      values={{ direction: 'ADD', quantity: '', reason: { code: 'PAYMENT_RECEIVED' } }}
      write={write}
      onClose={onClose}
    >
      {({ register, control }, fault) => (
        <>
          <Field label={t('pool.direction')}>
            {(aria) => (
              <Select {...aria} {...register('direction')}>
                <option value="ADD">{t('pool.direction.ADD')}</option>
                <option value="TAKE">{t('pool.direction.TAKE')}</option>
              </Select>
            )}
          </Field>
          <Field label={t('pool.quantity')} required fault={fault('quantity')}>
            {(aria) => <Input {...aria} type="number" required min={1} max={1_000_000} {...register('quantity')} />}
          </Field>
          <ReasonControl control={control} name="reason" />
        </>
      )}
    </WriteDialog>
  );
}

function Rules({ pool, onSaved }: { pool: Pool; onSaved: (saved: Pool) => void }) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const { pool_id } = pool;
  const before = rulesOf(pool);
  const save = useGuardedWrite({
    resource: pool,
    read: () => bodyOf(api.GET('/v1/license-pools/{pool_id}', { params: { path: { pool_id } } })),
    write: (form: RulesForm, base) => {
      const { expires_at, ...rules } = toRules(form);
      return bodyOf(
        api.PATCH('/v1/license-pools/{pool_id}', {
          params: { path: { pool_id }, header: ifUnchanged(base) },
          // The day alone is shown, so that an end which nobody touched keeps its time.
          body: { ...rules, ...(form.expires_at !== before.expires_at && { expires_at }) },
        }),
      );
    },
    done: t('pool.saved'),
    changes: ['license-pools'],
    onDone: (saved) => {
      client.setQueryData(licensePoolQuery(pool_id).queryKey, saved);
      onSaved(saved);
    },
  });
  const saving = useSaving(save);
  return (
    <ResourceForm title={t('pool.rules')} values={before} readOnly={!may('partners:write')} {...saving}>
      {(form, fault) => (
        <div className="sm:col-span-2">
          <PoolRuleFields form={form} fault={fault} />
        </div>
      )}
    </ResourceForm>
  );
}
