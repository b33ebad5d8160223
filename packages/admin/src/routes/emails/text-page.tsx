import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { RotateCcw } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useWatch, type Control, type UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { ProblemError } from '../../api/problem';
import { emailTextQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { Code } from '../../parts/copy';
import { Field, Input, TextArea } from '../../parts/fields';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import { ResourceDetail } from '../../parts/resource-detail';
import { ResourceForm } from '../../parts/resource-form';
import { FactsText } from '../../parts/facts-text';
import { Fault, Loading } from '../../parts/states';
import type { Reason } from '../../parts/reason-fields';
import { ReasonDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useFaultText } from '../../text/problems';
import { useSaving } from '../../parts/use-saving';
import { useText, useWord } from '../../text/texts';
import { EmailContent } from './email-content';

type Texts = Schemas['EffectiveEmailTemplate'];
interface Form {
  subject: string;
  text: string;
  html: string;
}

const route = getRouteApi('/email-templates/$template/$language');
const PREVIEW_STALE_MS = 60_000;

/** Whether the tenant has texts in exactly this language; others stand in for it until it has. */
function isOwn(texts: Texts, language: string): boolean {
  return !texts.built_in && texts.language === language;
}

export const TextPage = gated('emails:read', function TextPage() {
  const t = useText();
  const word = useWord();
  const { template, language } = route.useParams();
  const name = `${word('emailTemplate', template)} · ${language}`;
  return (
    <ResourceDetail query={useQuery(emailTextQuery(template, language))} id={`${template}/${language}`}>
      {(texts) => (
        <Pinned resource={versioned(texts)}>
          {(pinned, pin) => (
            <>
              <PageHeader
                above={
                  <Link to="/email-templates" className="hover:underline">
                    {t('emailTexts.title')}
                  </Link>
                }
                name={name}
                title={
                  <span className="flex flex-wrap items-center gap-3">
                    {name}
                    <Badge tone={isOwn(texts, language) ? 'info' : 'quiet'}>
                      {isOwn(texts, language) ? t('emailTexts.own') : t('emailTexts.builtIn')}
                    </Badge>
                  </span>
                }
                hint={
                  isOwn(texts, language) ? (
                    <FactsText as="span">{texts.description}</FactsText>
                  ) : (
                    t('emailTexts.standIn', { language: texts.language })
                  )
                }
                actions={
                  isOwn(texts, language) && (
                    <DeleteButton texts={versioned(texts)} language={language} onDeleted={pin} />
                  )
                }
              />
              <Editor texts={pinned} language={language} onSaved={pin} />
            </>
          )}
        </Pinned>
      )}
    </ResourceDetail>
  );
});

type VersionedTexts = Texts & { readonly version: number };

/** Texts that are built in have no version. */
function versioned(texts: Texts): VersionedTexts {
  return { ...texts, version: texts.version ?? 0 };
}

async function readTexts(template: Texts['template'], language: string): Promise<VersionedTexts> {
  const path = { template, language };
  return versioned(await bodyOf(api.GET('/v1/email-templates/{template}/{language}', { params: { path } })));
}

function Editor({
  texts,
  language,
  onSaved,
}: {
  texts: VersionedTexts;
  language: string;
  onSaved: (saved: VersionedTexts) => void;
}) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const { template, subject, text, html } = texts;
  const key = emailTextQuery(template, language).queryKey;
  const save = useGuardedWrite({
    resource: texts,
    read: () => readTexts(template, language),
    write: (body: Form, base) =>
      bodyOf(
        api.PUT('/v1/email-templates/{template}/{language}', {
          params: {
            path: { template, language },
            // Texts of another language that stand in have a version of their own.
            ...(isOwn(base, language) && { header: ifUnchanged(base) }),
          },
          body,
        }),
      ),
    done: t('emailTexts.saved'),
    changes: ['email-templates'],
    onDone: (saved) => {
      const newest = { ...texts, ...saved, built_in: false };
      client.setQueryData(key, newest);
      onSaved(newest);
    },
  });
  const saving = useSaving(save);
  return (
    <ResourceForm
      title={t('emailTexts.texts')}
      values={{ subject, text, html }}
      isNew={!isOwn(texts, language)}
      readOnly={!may('emails:manage')}
      {...saving}
      beside={(form) => <Preview control={form.control} template={template} language={language} texts={texts} />}
    >
      {(form, fault) => <Fields form={form} fault={fault} />}
    </ResourceForm>
  );
}

function Fields({
  form: { register },
  fault,
}: {
  form: UseFormReturn<Form>;
  fault: (name: string) => string | undefined;
}) {
  const t = useText();
  return (
    <div className="space-y-4 sm:col-span-2">
      <Field label={t('emailTexts.subject')} required fault={fault('subject')}>
        {(aria) => <Input {...aria} required maxLength={200} {...register('subject')} />}
      </Field>
      <Field label={t('emailTexts.text')} required fault={fault('text')}>
        {(aria) => (
          <TextArea
            {...aria}
            required
            maxLength={20_000}
            spellCheck={false}
            className="min-h-56 font-mono text-xs leading-relaxed"
            {...register('text')}
          />
        )}
      </Field>
      <Field label={t('emailTexts.html')} required fault={fault('html')}>
        {(aria) => (
          <TextArea
            {...aria}
            required
            maxLength={100_000}
            spellCheck={false}
            className="min-h-72 font-mono text-xs leading-relaxed"
            {...register('html')}
          />
        )}
      </Field>
    </div>
  );
}

/** The texts with example values, as they are typed. */
function Preview({
  control,
  template,
  language,
  texts,
}: {
  control: Control<Form>;
  template: Texts['template'];
  language: string;
  texts: Texts;
}) {
  const t = useText();
  const [subject, text, html] = useWatch({ control, name: ['subject', 'text', 'html'] });
  const typed = useDeferredValue(JSON.stringify({ subject, text, html }));
  const body = JSON.parse(typed) as Form;
  const preview = useQuery({
    queryKey: ['email-templates', template, language, 'preview', typed],
    queryFn: () =>
      bodyOf(
        api.POST('/v1/email-templates/{template}/{language}/preview', {
          params: { path: { template, language } },
          body,
        }),
      ),
    enabled: body.subject !== '' && body.text !== '' && body.html !== '',
    placeholderData: (former) => former,
    staleTime: PREVIEW_STALE_MS,
    retry: false,
  });
  return (
    <div className="space-y-5">
      <Card title={t('emails.preview')} hint={t('emailTexts.previewHint')}>
        {preview.error ? (
          <PreviewFault error={preview.error} />
        ) : preview.data ? (
          <EmailContent email={preview.data} />
        ) : (
          <Loading />
        )}
      </Card>
      <Card title={t('emailTexts.variables')}>
        <dl className="space-y-2.5 text-sm">
          {texts.variables.map(({ name, description, secret }) => (
            <div key={name}>
              <dt className="flex flex-wrap items-center gap-2">
                <Code>{`{{${name}}}`}</Code>
                {secret && <Badge tone="warn">{t('emailTexts.secret')}</Badge>}
              </dt>
              <dd className="text-xs text-soft">
                <FactsText as="span">{description}</FactsText>
              </dd>
            </div>
          ))}
        </dl>
      </Card>
    </div>
  );
}

/** Why the texts cannot be rendered, by field. */
function PreviewFault({ error }: { error: Error }) {
  const faultText = useFaultText(true);
  const faults = error instanceof ProblemError ? [...error.faults] : [];
  if (faults.length === 0) return <Fault error={error} />;
  return (
    <ul role="alert" className="space-y-1 rounded-lg bg-bad-soft px-4 py-3 text-sm text-bad">
      {faults.map(([name, fault]) => (
        <li key={name}>
          {name}: {faultText(fault)}
        </li>
      ))}
    </ul>
  );
}

interface Deletion {
  texts: VersionedTexts;
  language: string;
  onDeleted: (newest: VersionedTexts) => void;
}

function DeleteButton(props: Deletion) {
  const t = useText();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
  };
  if (!may('emails:manage')) return null;
  return (
    <>
      <Button
        onClick={() => {
          setOpen(true);
        }}
      >
        <RotateCcw aria-hidden />
        {t('emailTexts.delete')}
      </Button>
      {isOpen && <DeleteDialog {...props} onClose={close} />}
    </>
  );
}

/** Deletes the texts, so that those that are built in stand in for them. */
function DeleteDialog({ texts, language, onDeleted, onClose }: Deletion & { onClose: () => void }) {
  const t = useText();
  const { template } = texts;
  const remove = useGuardedWrite({
    resource: texts,
    read: () => readTexts(template, language),
    write: async (body: { reason: Reason }, base) => {
      const params = { path: { template, language }, header: ifUnchanged(base) };
      await bodyOf(api.DELETE('/v1/email-templates/{template}/{language}', { params, body }));
      return readTexts(template, language);
    },
    done: t('emailTexts.deleted'),
    changes: ['email-templates'],
    onDone: (newest) => {
      onDeleted(newest);
      onClose();
    },
  });
  return (
    <ReasonDialog
      title={t('emailTexts.delete')}
      hint={t('emailTexts.deleteHint')}
      submitLabel={t('emailTexts.delete')}
      danger
      code="CORRECTION"
      write={remove}
      onClose={onClose}
    />
  );
}
