import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { UseFormReturn } from 'react-hook-form';
import { api, bodyOf } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Button } from '../../parts/button';
import { ChoiceControl } from '../../parts/choice-control';
import { DataTable } from '../../parts/data-table';
import { Field, Input } from '../../parts/fields';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { WriteDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import type { Partner } from './partner-page';
import { EMPTY_RULES, PoolRuleFields, toRules, type RulesForm } from './pool-rules';

/** Licenses that a partner may issue, by template. */
export function PoolsTab({ partner }: { partner: Partner }) {
  const t = useText();
  const may = useMay();
  const [isCreating, setCreating] = useState(false);
  const list = useList(['license-pools', 'of-partner', partner.partner_id], (cursor) =>
    bodyOf(
      api.GET('/v1/license-pools', {
        params: { query: { partner_id: partner.partner_id, limit: 50, ...given({ cursor }) } },
      }),
    ),
  );
  const create = may('partners:write') && (
    <Button
      look="primary"
      onClick={() => {
        setCreating(true);
      }}
    >
      <Plus aria-hidden />
      {t('pools.new')}
    </Button>
  );
  const count = (id: 'allotted' | 'issued' | 'returned' | 'available', secondary = false) => ({
    id,
    header: t(`pool.${id}`),
    align: 'right' as const,
    secondary,
    cell: (pool: Record<typeof id, number>) => <span className="tabular-nums">{pool[id]}</span>,
  });
  return (
    <>
      <div className="mb-3 flex justify-end">{list.rows.length > 0 && create}</div>
      <DataTable
        label={t('partner.tab.pools')}
        list={list}
        rowKey={({ pool_id }) => pool_id}
        empty={
          <Empty title={t('pools.empty')} hint={t('pools.emptyHint')}>
            {create}
          </Empty>
        }
        columns={[
          {
            id: 'template',
            header: t('template'),
            cell: ({ pool_id, license_template_id }) => (
              <Link to="/license-pools/$poolId" params={{ poolId: pool_id }} className={`break-all ${ROW_LINK}`}>
                {license_template_id}
              </Link>
            ),
          },
          count('allotted', true),
          count('issued', true),
          count('returned', true),
          count('available'),
          {
            id: 'expires',
            header: t('pool.expires'),
            secondary: true,
            cell: ({ expires_at }) => (expires_at === null ? t('never') : <RelativeTime at={expires_at} />),
          },
        ]}
      />
      {isCreating && (
        <CreatePool
          partner={partner}
          onClose={() => {
            setCreating(false);
          }}
        />
      )}
    </>
  );
}

interface Form extends RulesForm {
  license_template_id: string;
  quantity: string;
}

function CreatePool({ partner, onClose }: { partner: Partner; onClose: () => void }) {
  const t = useText();
  const write = useWrite({
    write: (form: Form) =>
      bodyOf(
        api.POST('/v1/license-pools', {
          body: {
            partner_id: partner.partner_id,
            license_template_id: form.license_template_id,
            quantity: Number(form.quantity),
            ...toRules(form),
          },
        }),
      ),
    done: t('pool.created'),
    changes: ['license-pools'],
    onDone: onClose,
  });
  return (
    <WriteDialog
      title={t('pools.new')}
      hint={t('pools.newHint')}
      submitLabel={t('pool.create')}
      wide
      values={{ license_template_id: '', quantity: '', ...EMPTY_RULES }}
      write={write}
      onClose={onClose}
    >
      {(form, fault) => (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={t('template')} required fault={fault('license_template_id')}>
              {(aria) => (
                <ChoiceControl {...aria} of="templates" required control={form.control} name="license_template_id" />
              )}
            </Field>
            <Field label={t('pool.quantity')} required fault={fault('quantity')}>
              {(aria) => (
                <Input {...aria} type="number" required min={0} max={1_000_000} {...form.register('quantity')} />
              )}
            </Field>
          </div>
          <PoolRuleFields form={form as unknown as UseFormReturn<RulesForm>} fault={fault} />
        </>
      )}
    </WriteDialog>
  );
}
