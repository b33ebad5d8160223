import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Copy, FileKey2, History, Plus } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { templateQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button, LinkButton } from '../../parts/button';
import { Field, Input } from '../../parts/fields';
import { gated, Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import { Fault } from '../../parts/states';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText } from '../../text/texts';
import { FormDialog } from '../../parts/form-dialog';
import { changedTerms, emptyForm, toCreateRequest, toForm, type TemplateForm as Form } from './template-form-values';
import { TemplateForm } from './template-form';
import { ResourceDetail } from '../../parts/resource-detail';

type Template = Schemas['LicenseTemplate'];

const newRoute = getRouteApi('/templates/new');
const route = getRouteApi('/templates/$templateId');

export function NewTemplatePage() {
  const t = useText();
  const navigate = useNavigate();
  const { product_id } = newRoute.useSearch();
  const create = useWrite({
    write: (form: Form) => bodyOf(api.POST('/v1/license-templates', { body: toCreateRequest(form) })),
    done: t('template.created'),
    changes: ['templates'],
    onDone: ({ template_id }) =>
      void navigate({ to: '/templates/$templateId', params: { templateId: template_id }, ignoreBlocker: true }),
  });
  return (
    <Gate permission="templates:write">
      <PageHeader above={<Up />} title={t('templates.new')} name={t('templates.new')} hint={t('template.newHint')} />
      <TemplateForm
        values={{ ...emptyForm, product_id: product_id ?? '' }}
        isNew
        error={create.error}
        busy={create.isPending}
        onSubmit={create.mutate}
        submitLabel={t('template.create')}
      />
    </Gate>
  );
}

function Up() {
  const t = useText();
  return (
    <Link to="/templates" className="hover:underline">
      {t('templates.title')}
    </Link>
  );
}

export const TemplatePage = gated('templates:read', function TemplatePage() {
  const { templateId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(templateQuery(templateId))} id={templateId}>
      {(template) => <Details template={template} />}
    </ResourceDetail>
  );
});

function Details({ template }: { template: Template }) {
  const t = useText();
  const may = useMay();
  const [isDuplicating, setDuplicating] = useState(false);
  return (
    <>
      <PageHeader
        above={<Up />}
        name={template.template_name}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {template.template_name}
            <Badge tone={template.active ? 'good' : 'quiet'} dot>
              {template.active ? t('active.true') : t('active.false')}
            </Badge>
          </span>
        }
        hint={t('template.about', { id: template.template_id, version: template.version })}
        actions={
          <>
            {may('licenses:read') && (
              <LinkButton to="/licenses" search={{ template_id: template.template_id }}>
                <FileKey2 aria-hidden />
                {t('template.licenses')}
              </LinkButton>
            )}
            <LinkButton to="/templates/$templateId/versions" params={{ templateId: template.template_id }}>
              <History aria-hidden />
              {t('versions.title')}
            </LinkButton>
            {may('templates:write') && (
              <Button
                onClick={() => {
                  setDuplicating(true);
                }}
              >
                <Copy aria-hidden />
                {t('template.duplicate')}
              </Button>
            )}
            {may('licenses:issue') && template.active && (
              <LinkButton to="/issue" search={{ template_id: template.template_id }} look="primary">
                <Plus aria-hidden />
                {t('licenses.issue')}
              </LinkButton>
            )}
          </>
        }
      />
      <Pinned resource={template}>{(pinned, pin) => <Edit template={pinned} onSaved={pin} />}</Pinned>
      {isDuplicating && (
        <Duplicate
          template={template}
          onClose={() => {
            setDuplicating(false);
          }}
        />
      )}
    </>
  );
}

function Edit({ template, onSaved }: { template: Template; onSaved: (saved: Template) => void }) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const save = useGuardedWrite({
    resource: template,
    // The form keeps its state: what others changed is shown, not put into it.
    read: () =>
      bodyOf(
        api.GET('/v1/license-templates/{template_id}', { params: { path: { template_id: template.template_id } } }),
      ),
    write: (form: Form, base) =>
      bodyOf(
        api.PATCH('/v1/license-templates/{template_id}', {
          params: { path: { template_id: base.template_id }, header: ifUnchanged(base) },
          body: changedTerms(toForm(template), form),
        }),
      ),
    done: t('template.saved'),
    changes: ['templates'],
    onDone: (saved) => {
      client.setQueryData(templateQuery(template.template_id).queryKey, saved);
      onSaved(saved);
    },
  });
  const saving = useSaving(save);
  return <TemplateForm values={toForm(template)} {...saving} readOnly={!may('templates:write')} />;
}

function Duplicate({ template, onClose }: { template: Template; onClose: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const [name, setName] = useState(t('template.copyOf', { name: template.template_name }));
  const duplicate = useWrite({
    write: (template_name: string) =>
      bodyOf(
        api.POST('/v1/license-templates/{template_id}/duplicate', {
          params: { path: { template_id: template.template_id } },
          body: { template_name },
        }),
      ),
    done: t('template.created'),
    changes: ['templates'],
    onDone: ({ template_id }) => void navigate({ to: '/templates/$templateId', params: { templateId: template_id } }),
  });
  return (
    <FormDialog
      title={t('template.duplicate')}
      submitLabel={t('template.duplicate')}
      busy={duplicate.isPending}
      onSubmit={() => {
        duplicate.mutate(name);
      }}
      onClose={onClose}
    >
      <Field label={t('template.name')}>
        {(aria) => (
          <Input
            {...aria}
            required
            maxLength={255}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        )}
      </Field>
      <Fault error={duplicate.error} />
    </FormDialog>
  );
}
