import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Check, CircleCheck } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { ProblemError } from '../../api/problem';
import { templatesQuery } from '../../api/queries';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button, LinkButton } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { cn } from '../../parts/class-names';
import { CodeBlock } from '../../parts/copy';
import { CheckField, Field, Input } from '../../parts/fields';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Empty, Fault, Loading, Refusal } from '../../parts/states';
import { Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { CustomerPicker } from '../customers/customer-picker';
import { LicenseKey } from '../licenses/reveal-key-dialog';
import { SendEmailDialog } from '../licenses/send-email-dialog';
import { useTermInWords } from '../templates/term';

type Template = Schemas['LicenseTemplate'];
type IssueRequest = Schemas['IssueLicenseRequest'];

const route = getRouteApi('/issue');

export function IssuePage() {
  const t = useText();
  return (
    <Gate permission="licenses:issue">
      <PageHeader title={t('issue.title')} name={t('issue.title')} hint={t('issue.hint')} />
      <Wizard />
    </Gate>
  );
}

function Wizard() {
  const t = useText();
  const preset = route.useSearch();
  const [templateId, setTemplateId] = useState(preset.template_id);
  const [customerId, setCustomerId] = useState(preset.customer_id);
  const [issuedTo, setIssuedTo] = useState('');
  const [isTrial, setTrial] = useState(false);
  const [step, setStep] = useState(preset.template_id === undefined ? 0 : preset.customer_id === undefined ? 1 : 2);
  const templates = useQuery(templatesQuery());
  const template = templates.data?.data.find(({ template_id }) => template_id === templateId);
  const request = useMemo(
    (): IssueRequest => ({
      license_template_id: templateId ?? '',
      customer_id: customerId ?? '',
      ...(issuedTo !== '' && { issued_to: issuedTo }),
      ...(isTrial && { trial: true }),
    }),
    [templateId, customerId, issuedTo, isTrial],
  );
  const issue = useWrite({
    write: (body: IssueRequest) => bodyOf(api.POST('/v1/licenses', { body })),
    changes: ['licenses'],
  });
  if (issue.data) {
    const restart = () => {
      issue.reset();
      setCustomerId(undefined);
      setIssuedTo('');
      setTrial(false);
      setStep(0);
    };
    return <Issued license={issue.data} onAgain={restart} />;
  }
  const fault = issue.error instanceof ProblemError ? issue.error.faults : undefined;
  const steps = [t('issue.step.template'), t('issue.step.customer'), t('issue.step.check')];
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div>
        <Steps names={steps} at={step} onGo={setStep} />
        {step === 0 && (
          <TemplateChoice
            templates={templates}
            value={templateId}
            onChange={(id) => {
              setTemplateId(id);
              setStep(1);
            }}
          />
        )}
        {step === 1 && (
          <Card title={t('issue.customer')}>
            <CustomerPicker value={customerId} onChange={setCustomerId} fault={fault?.get('customer_id')} />
            <NextBack
              onBack={() => {
                setStep(0);
              }}
              onNext={() => {
                setStep(2);
              }}
              disabled={customerId === undefined}
            />
          </Card>
        )}
        {step === 2 && (
          <Card title={t('issue.details')}>
            <form
              className="space-y-4"
              onSubmit={(event) => {
                event.preventDefault();
                issue.mutate(request);
              }}
            >
              <Field label={t('license.issuedTo')} hint={t('issue.issuedToHint')} fault={fault?.get('issued_to')}>
                {(aria) => (
                  <Input
                    {...aria}
                    maxLength={255}
                    value={issuedTo}
                    onChange={(event) => {
                      setIssuedTo(event.target.value);
                    }}
                  />
                )}
              </Field>
              {template?.trial_allowed === true && (
                <CheckField
                  label={t('issue.trial')}
                  hint={t('issue.trialHint', { days: template.trial_duration_days })}
                  checked={isTrial}
                  onChange={(event) => {
                    setTrial(event.target.checked);
                  }}
                />
              )}
              <Fault error={issue.error} />
              <div className="flex justify-between gap-2 pt-2">
                <Button
                  onClick={() => {
                    setStep(1);
                  }}
                >
                  {t('back')}
                </Button>
                <Button
                  type="submit"
                  look="primary"
                  busy={issue.isPending}
                  disabled={templateId === undefined || customerId === undefined}
                >
                  {t('issue.do')}
                </Button>
              </div>
            </form>
          </Card>
        )}
      </div>
      <div className="space-y-5">
        <Card title={t('issue.preview')}>
          {template ? (
            <Preview template={template} isTrial={isTrial} customerId={customerId} />
          ) : (
            <p className="text-sm text-soft">{t('issue.previewEmpty')}</p>
          )}
        </Card>
        {templateId !== undefined && customerId !== undefined && (
          <Card title={t('issue.sameCall')} hint={t('issue.sameCallHint')}>
            <CodeBlock label={t('issue.sameCall')} text={curlOf(request)} />
          </Card>
        )}
      </div>
    </div>
  );
}

function curlOf(request: IssueRequest): string {
  const body = JSON.stringify(request).replaceAll("'", "'\\''");
  return `curl ${location.origin}/v1/licenses \\\n  -H "Authorization: Bearer $API_KEY" \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

function Steps({ names, at, onGo }: { names: readonly string[]; at: number; onGo: (step: number) => void }) {
  return (
    <ol className="mb-5 flex flex-wrap gap-2">
      {names.map((name, index) => (
        <li key={name}>
          <button
            type="button"
            disabled={index > at}
            aria-current={index === at ? 'step' : undefined}
            onClick={() => onGo(index)}
            className={cn(
              'flex items-center gap-2 rounded-full border py-1 pr-3.5 pl-1 text-sm font-medium',
              index === at ? 'border-accent bg-accent-soft text-accent-ink' : 'border-line bg-card text-soft',
            )}
          >
            <span
              className={cn(
                'grid size-6 place-items-center rounded-full text-xs',
                index <= at ? 'bg-accent text-on-accent' : 'bg-sunken text-soft',
              )}
            >
              {index < at ? <Check className="size-3.5" aria-hidden /> : index + 1}
            </span>
            {name}
          </button>
        </li>
      ))}
    </ol>
  );
}

function NextBack({ onBack, onNext, disabled }: { onBack: () => void; onNext: () => void; disabled: boolean }) {
  const t = useText();
  return (
    <div className="mt-5 flex justify-between gap-2">
      <Button onClick={onBack}>{t('back')}</Button>
      <Button look="primary" onClick={onNext} disabled={disabled}>
        {t('next')}
      </Button>
    </div>
  );
}

function TemplateChoice({
  templates,
  value,
  onChange,
}: {
  templates: { data?: { data: Template[] } | undefined; error: Error | null; refetch: () => unknown };
  value: string | undefined;
  onChange: (templateId: string) => void;
}) {
  const t = useText();
  const word = useWord();
  const term = useTermInWords();
  const [q, setQ] = useState('');
  if (!templates.data)
    return (
      <Card flush>
        {templates.error ? <Refusal error={templates.error} onRetry={() => void templates.refetch()} /> : <Loading />}
      </Card>
    );
  if (templates.data.data.length === 0) {
    return (
      <Card flush>
        <Empty title={t('issue.noTemplate')} hint={t('issue.noTemplateHint')}>
          <LinkButton to="/templates/new" look="primary">
            {t('templates.new')}
          </LinkButton>
        </Empty>
      </Card>
    );
  }
  const shown = templates.data.data.filter(({ template_name, template_id }) =>
    `${template_name} ${template_id}`.toLowerCase().includes(q.toLowerCase()),
  );
  return (
    <div className="space-y-3">
      <Input
        data-search
        type="search"
        aria-label={t('issue.findTemplate')}
        placeholder={t('issue.findTemplate')}
        value={q}
        onChange={(event) => {
          setQ(event.target.value);
        }}
      />
      <ul className="grid gap-3 sm:grid-cols-2">
        {shown.map((template) => (
          <li key={template.template_id}>
            <button
              type="button"
              aria-pressed={template.template_id === value}
              onClick={() => onChange(template.template_id)}
              className={cn(
                'h-full w-full rounded-xl border bg-card p-4 text-left shadow-xs transition-colors hover:border-accent',
                template.template_id === value ? 'border-accent ring-1 ring-accent' : 'border-line',
              )}
            >
              <span className="block font-medium">{template.template_name}</span>
              <span className="mt-0.5 block text-xs text-soft">{template.product_id}</span>
              <span className="mt-3 flex flex-wrap gap-1.5">
                <Badge tone="info">{word('type', template.license_type)}</Badge>
                <Badge>{term(template)}</Badge>
                <Badge>
                  {template.max_activations === null
                    ? t('seats.unlimitedShort')
                    : t('seats.count', { count: template.max_activations })}
                </Badge>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="py-6 text-center text-sm text-soft">{t('list.noMatch')}</p>}
    </div>
  );
}

function Preview({
  template,
  isTrial,
  customerId,
}: {
  template: Template;
  isTrial: boolean;
  customerId: string | undefined;
}) {
  const t = useText();
  const word = useWord();
  const term = useTermInWords();
  const rows: [string, ReactNode][] = [
    [t('template'), template.template_name],
    [t('license.product'), template.product_id],
    [t('customer'), customerId ?? <span className="text-soft">{t('issue.notChosen')}</span>],
    [t('template.type'), isTrial ? t('issue.trial') : word('type', template.license_type)],
    [t('license.term'), isTrial ? t('days', { days: template.trial_duration_days }) : term(template)],
    [
      t('license.seats'),
      template.max_activations === null
        ? t('seats.unlimitedShort')
        : t('seats.count', { count: template.max_activations }),
    ],
    [t('license.graceDays'), t('days', { days: isTrial ? 0 : template.grace_period_days })],
  ];
  return (
    <>
      <dl className="space-y-2.5 text-sm">
        {rows.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4">
            <dt className="text-soft">{name}</dt>
            <dd className="text-right font-medium break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {template.features.length > 0 && (
        <ul className="mt-4 flex flex-wrap gap-1.5 border-t border-line pt-4" aria-label={t('template.features')}>
          {template.features.map(({ feature_id, feature_name }) => (
            <li key={feature_id}>
              <Badge tone="info">{feature_name}</Badge>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The only moment, besides a recorded reveal, at which the license key is shown. */
function Issued({ license, onAgain }: { license: Schemas['IssuedLicense']; onAgain: () => void }) {
  const t = useText();
  const may = useMay();
  const [isMailing, setMailing] = useState(false);
  return (
    <Card className="max-w-2xl">
      <div className="flex items-start gap-3">
        <span className="grid size-10 shrink-0 place-items-center rounded-full bg-good-soft text-good">
          <CircleCheck className="size-5" aria-hidden />
        </span>
        <div>
          <h2 className="text-base font-semibold">{t('issued.title')}</h2>
          <p className="text-sm text-soft">{t('issued.hint')}</p>
        </div>
      </div>
      <div className="mt-5">
        <LicenseKey value={license.license_key} />
      </div>
      <div className="mt-5">
        <Facts>
          <Fact name={t('license.issuedTo')}>{license.issued_to}</Fact>
          <Fact name={t('license.expires')}>
            {license.expiry_date === null ? t('never') : <Time at={license.expiry_date} />}
          </Fact>
        </Facts>
      </div>
      <div className="mt-6 flex flex-wrap gap-2">
        <LinkButton to="/licenses/$licenseId" params={{ licenseId: license.license_id }} look="primary">
          {t('issued.open')}
        </LinkButton>
        {may('emails:send') && (
          <Button
            onClick={() => {
              setMailing(true);
            }}
          >
            {t('email.menu')}
          </Button>
        )}
        <Button onClick={onAgain}>{t('issued.again')}</Button>
      </div>
      {isMailing && (
        <SendEmailDialog
          license={license}
          onClose={() => {
            setMailing(false);
          }}
        />
      )}
    </Card>
  );
}
