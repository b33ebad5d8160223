import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { api, bodyOf, type Schemas } from '../../api/client';
import { Card } from '../../parts/card';
import { Changes } from '../../parts/changes';
import { Field, Select } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ResourceDetail } from '../../parts/resource-detail';
import { Time } from '../../parts/time';
import { useText } from '../../text/texts';
import { useActorNames } from '../events/event-feed';

type Version = Schemas['LicenseTemplateVersion'];

const route = getRouteApi('/templates/$templateId/versions');

/** Versions of a template: who made each, what it changed, and how two of them differ. */
export const TemplateVersionsPage = gated('templates:read', function TemplateVersionsPage() {
  const t = useText();
  const { templateId: template_id } = route.useParams();
  const versions = useQuery({
    queryKey: ['templates', template_id, 'versions'],
    queryFn: () =>
      bodyOf(api.GET('/v1/license-templates/{template_id}/versions', { params: { path: { template_id } } })),
  });
  return (
    <>
      <PageHeader
        above={
          <Link to="/templates/$templateId" params={{ templateId: template_id }} className="hover:underline">
            {template_id}
          </Link>
        }
        title={t('versions.title')}
        name={t('versions.title')}
        hint={t('versions.hint')}
      />
      <ResourceDetail query={versions} id={template_id}>
        {({ versions: all }) => (
          <div className="space-y-5">
            <List versions={all} />
            {all.length > 1 && <Comparison templateId={template_id} versions={all} />}
          </div>
        )}
      </ResourceDetail>
    </>
  );
});

function List({ versions }: { versions: readonly Version[] }) {
  const t = useText();
  const nameOf = useActorNames();
  return (
    <Card flush>
      <ol className="divide-y divide-line">
        {versions.map(({ version, created_at, author_type, author_id, changed, licenses }) => (
          <li key={version} className="flex flex-wrap items-start gap-x-6 gap-y-1 px-5 py-3.5 text-sm">
            <span className="w-24 font-medium">{t('versions.number', { version })}</span>
            <div className="min-w-0 grow">
              <p className="font-mono text-xs wrap-anywhere text-soft">
                {changed.length === 0 ? t('versions.first') : changed.join(', ')}
              </p>
              {author_type !== null && author_id !== null && (
                <p className="mt-1 text-xs text-soft">
                  {t('events.by')} {nameOf({ type: author_type, id: author_id })}
                </p>
              )}
            </div>
            <span className="text-xs text-soft">{t('versions.licenses', { count: licenses })}</span>
            <span className="text-xs text-soft">
              <Time at={created_at} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Comparison({ templateId: template_id, versions }: { templateId: string; versions: readonly Version[] }) {
  const t = useText();
  const navigate = route.useNavigate();
  const search = route.useSearch();
  const numbers = versions.map(({ version }) => version);
  const from = Number(search.from ?? numbers[1]);
  const to = Number(search.to ?? numbers[0]);
  const difference = useQuery({
    queryKey: ['templates', template_id, 'diff', from, to],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/license-templates/{template_id}/diff', {
          params: { path: { template_id }, query: { from, to } },
        }),
      ),
  });
  const choose = (name: 'from' | 'to', value: number) => (
    <Field label={t(`versions.${name}`)} className="w-40">
      {(aria) => (
        <Select
          {...aria}
          value={value}
          onChange={(event) => void navigate({ search: { ...search, [name]: event.target.value }, replace: true })}
        >
          {numbers.map((number) => (
            <option key={number} value={number}>
              {t('versions.number', { version: number })}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
  return (
    <Card title={t('versions.compare')}>
      <div className="mb-4 flex flex-wrap gap-4">
        {choose('from', from)}
        {choose('to', to)}
      </div>
      <ResourceDetail query={difference} bare>
        {({ changes }) => {
          const rows = Object.entries(changes).map(([name, change]) => ({
            name,
            before: change.from,
            after: change.to,
          }));
          return rows.length === 0 ? (
            <p className="text-sm text-soft">{t('versions.same')}</p>
          ) : (
            <Changes
              changes={rows}
              before={t('versions.number', { version: from })}
              after={t('versions.number', { version: to })}
            />
          );
        }}
      </ResourceDetail>
    </Card>
  );
}
