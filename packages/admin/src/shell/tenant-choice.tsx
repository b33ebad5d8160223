import { api, bodyOf } from '../api/client';
import { useList } from '../api/lists';
import { Button } from '../parts/button';
import { DataTable } from '../parts/data-table';
import { PageHeader } from '../parts/page';
import { Empty } from '../parts/states';
import { Badge } from '../parts/badge';
import { useText } from '../text/texts';
import { useSession } from './session';

/** A platform key belongs to no tenant: it names the one that it acts for. */
export function TenantChoice({ onChosen }: { onChosen: (tenantId: string) => void }) {
  const t = useText();
  const { signOut } = useSession();
  const list = useList(['tenants'], (cursor) =>
    bodyOf(api.GET('/v1/tenants', { params: { query: { ...(cursor !== undefined && { cursor }) } } })),
  );
  return (
    <main className="mx-auto max-w-2xl p-6">
      <PageHeader
        title={t('tenants.title')}
        name={t('tenants.title')}
        hint={t('tenants.hint')}
        actions={<Button onClick={signOut}>{t('signOut')}</Button>}
      />
      <DataTable
        label={t('tenants.title')}
        list={list}
        rowKey={({ tenant_id }) => tenant_id}
        empty={<Empty title={t('tenants.empty')} />}
        columns={[
          {
            id: 'tenant',
            header: t('tenants.tenant'),
            cell: ({ tenant_id }) => <span className="font-medium">{tenant_id}</span>,
          },
          {
            id: 'status',
            header: t('status'),
            cell: ({ status }) => <Badge tone={status === 'ACTIVE' ? 'good' : 'warn'}>{status}</Badge>,
          },
          {
            id: 'act',
            header: '',
            align: 'right',
            cell: ({ tenant_id }) => (
              <Button size="small" onClick={() => onChosen(tenant_id)}>
                {t('tenants.act')}
              </Button>
            ),
          },
        ]}
      />
    </main>
  );
}
