import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Check, CircleCheck, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { templateQuery, templatesQuery } from '../../api/queries';
import { useWrite } from '../../api/use-write';
import { Badge } from '../../parts/badge';
import { Button, LinkButton } from '../../parts/button';
import { Card, Fact, Facts } from '../../parts/card';
import { cn } from '../../parts/class-names';
import { CodeBlock } from '../../parts/copy';
import { endOfDay, startOfDay } from '../../parts/days';
import { CheckField, Field, Input, Select } from '../../parts/fields';
import { faultOf } from '../../parts/form-dialog';
import { LeaveGuard } from '../../parts/form-state';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Empty, Fault, Loading, Refusal } from '../../parts/states';
import { Time } from '../../parts/time';
import { useSettled } from '../../parts/use-settled';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { CustomerPicker } from '../customers/customer-picker';
import { MakeFile } from '../licenses/files-tab';
import { useNoExpiry } from '../licenses/license-status';
import { LicenseKey } from '../licenses/reveal-key-dialog';
import { SendEmailDialog } from '../licenses/send-email-dialog';
import { IssuePreview, useFacts, useIssuePreview } from '../previews/issue-preview';
import { useTermInWords } from '../templates/term';
import { NewCustomerDialog } from './new-customer-dialog';

type Template = Schemas['LicenseTemplate'];
type IssueRequest = Schemas['IssueLicenseRequest'];

const route = getRouteApi('/issue');
const STARTS = ['AT_ISSUE', 'AT_FIRST_ACTIVATION', 'AT_DATE'] as const;

export function IssuePage() {
  const t = useText();
  return (
    <Gate permission="licenses:issue">
      <PageHeader title={t('issue.title')} name={t('issue.title')} hint={t('issue.hint')} />
      <Wizard />
    </Gate>
  );
}

interface Terms {
  readonly issuedTo: string;
  readonly isTrial: boolean;
  readonly starts: 'AT_ISSUE' | 'AT_FIRST_ACTIVATION' | 'AT_DATE';
  readonly startDate: string;
  readonly startBy: string;
  readonly seats: string;
  readonly expiry: string;
}

const AS_THE_TEMPLATE: Terms = {
  issuedTo: '',
  isTrial: false,
  starts: 'AT_ISSUE',
  startDate: '',
  startBy: '',
  seats: '',
  expiry: '',
};

function toRequest(templateId: string, customerId: string, terms: Terms): IssueRequest {
  const { issuedTo, isTrial, starts, startDate, startBy, seats, expiry } = terms;
  const overrides = {
    ...(seats !== '' && { max_activations: Number(seats) }),
    ...(expiry !== '' && { expiry_date: endOfDay(expiry) }),
  };
  return {
    license_template_id: templateId,
    customer_id: customerId,
    ...(issuedTo !== '' && { issued_to: issuedTo }),
    ...(isTrial && { trial: true }),
    ...(starts === 'AT_FIRST_ACTIVATION' && { starts }),
    ...(starts === 'AT_FIRST_ACTIVATION' && startBy !== '' && { expires_if_started_by: startOfDay(startBy) }),
    ...(starts === 'AT_DATE' && startDate !== '' && { starts: startOfDay(startDate) }),
    ...(Object.keys(overrides).length > 0 && { overrides }),
  };
}

function Wizard() {
  const t = useText();
  const preset = route.useSearch();
  const [templateId, setTemplateId] = useState(preset.template_id);
  const [customerId, setCustomerId] = useState(preset.customer_id);
  const [terms, setTerms] = useState(AS_THE_TEMPLATE);
  const [step, setStep] = useState(preset.template_id === undefined ? 0 : preset.customer_id === undefined ? 1 : 2);
  const [isDirty, setDirty] = useState(false);
  const [isNewCustomer, setNewCustomer] = useState(false);
  const may = useMay();
  const { data: template } = useQuery({ ...templateQuery(templateId ?? ''), enabled: templateId !== undefined });
  const request =
    templateId === undefined || customerId === undefined ? undefined : toRequest(templateId, customerId, terms);
  const [facts, factFields] = useFacts();
  const preview = useIssuePreview(request && { ...request, validate: facts }, (body) =>
    bodyOf(api.POST('/v1/licenses:preview', { body })),
  );
  const issue = useWrite({
    write: (body: IssueRequest) => bodyOf(api.POST('/v1/licenses', { body })),
    changes: ['licenses'],
    onDone: () => {
      setDirty(false);
    },
  });
  const chooseCustomer = (id: string | undefined) => {
    setCustomerId(id);
    setDirty(true);
  };
  if (issue.data) {
    const restart = () => {
      issue.reset();
      setCustomerId(undefined);
      setTerms(AS_THE_TEMPLATE);
      setStep(0);
    };
    return <Issued license={issue.data} onAgain={restart} />;
  }
  const steps = [t('issue.step.template'), t('issue.step.customer'), t('issue.step.check')];
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div>
        <LeaveGuard isDirty={isDirty && !issue.isPending} />
        <Steps names={steps} at={step} onGo={setStep} />
        {step === 0 && (
          <TemplateChoice
            value={templateId}
            onChange={(id) => {
              setTemplateId(id);
              // Another template may allow no trials, and then nothing on the page would take it back.
              if (id !== templateId) setTerms({ ...terms, isTrial: false });
              setStep(1);
            }}
          />
        )}
        {step === 1 && (
          <Card title={t('issue.customer')}>
            <CustomerPicker value={customerId} onChange={chooseCustomer} fault={faultOf(issue.error, 'customer_id')} />
            {may('customers:write') && (
              <p className="mt-3">
                <Button
                  size="small"
                  onClick={() => {
                    setNewCustomer(true);
                  }}
                >
                  <UserPlus aria-hidden />
                  {t('customers.new')}
                </Button>
              </p>
            )}
            {isNewCustomer && (
              <NewCustomerDialog
                onClose={() => {
                  setNewCustomer(false);
                }}
                onCreated={({ customer_id }) => {
                  setNewCustomer(false);
                  chooseCustomer(customer_id);
                  setStep(2);
                }}
              />
            )}
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
          <TermsForm
            terms={terms}
            template={template}
            error={issue.error ?? preview.error}
            busy={issue.isPending}
            disabled={request === undefined || preview.error !== null}
            onChange={(changed) => {
              setTerms(changed);
              setDirty(true);
            }}
            onBack={() => {
              setStep(1);
            }}
            onSubmit={() => {
              if (request) issue.mutate(request);
            }}
          />
        )}
      </div>
      <div className="space-y-5">
        <Card title={t('issue.preview')}>
          {request ? (
            <IssuePreview preview={preview} facts={factFields} />
          ) : (
            <p className="text-sm text-soft">{t('issue.previewEmpty')}</p>
          )}
        </Card>
        {request && (
          <Card title={t('issue.sameCall')} hint={t('issue.sameCallHint')}>
            <CodeBlock label={t('issue.sameCall')} text={curlOf(request)} />
          </Card>
        )}
      </div>
    </div>
  );
}

function TermsForm({
  terms,
  template,
  error,
  busy,
  disabled,
  onChange,
  onBack,
  onSubmit,
}: {
  terms: Terms;
  template: Template | undefined;
  error: Error | null;
  busy: boolean;
  disabled: boolean;
  onChange: (terms: Terms) => void;
  onBack: () => void;
  onSubmit: () => void;
}) {
  const t = useText();
  const fault = (name: string) => faultOf(error, name);
  const set = (changed: Partial<Terms>) => onChange({ ...terms, ...changed });
  return (
    <Card title={t('issue.details')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label={t('license.issuedTo')}
            hint={t('issue.issuedToHint')}
            fault={fault('issued_to')}
            className="sm:col-span-2"
          >
            {(aria) => (
              <Input
                {...aria}
                maxLength={255}
                value={terms.issuedTo}
                onChange={({ target }) => set({ issuedTo: target.value })}
              />
            )}
          </Field>
          <Field label={t('license.seats')} hint={t('issue.asTemplate')} fault={fault('overrides.max_activations')}>
            {(aria) => (
              <Input
                {...aria}
                type="number"
                min={1}
                max={1_000_000}
                value={terms.seats}
                onChange={({ target }) => set({ seats: target.value })}
              />
            )}
          </Field>
          <Field label={t('license.expires')} hint={t('issue.asTemplate')} fault={fault('overrides.expiry_date')}>
            {(aria) => (
              <Input
                {...aria}
                type="date"
                value={terms.expiry}
                onChange={({ target }) => set({ expiry: target.value })}
              />
            )}
          </Field>
          <Field label={t('preview.starts')} fault={fault('starts')}>
            {(aria) => (
              <Select
                {...aria}
                value={terms.starts}
                onChange={({ target }) => set({ starts: target.value as Terms['starts'] })}
              >
                {STARTS.map((starts) => (
                  <option key={starts} value={starts}>
                    {t(`issue.starts.${starts}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {terms.starts === 'AT_DATE' && (
            <Field label={t('issue.startDate')} required>
              {(aria) => (
                <Input
                  {...aria}
                  type="date"
                  required
                  value={terms.startDate}
                  onChange={({ target }) => set({ startDate: target.value })}
                />
              )}
            </Field>
          )}
          {terms.starts === 'AT_FIRST_ACTIVATION' && (
            <Field label={t('issue.startBy')} hint={t('issue.startByHint')} fault={fault('expires_if_started_by')}>
              {(aria) => (
                <Input
                  {...aria}
                  type="date"
                  value={terms.startBy}
                  onChange={({ target }) => set({ startBy: target.value })}
                />
              )}
            </Field>
          )}
          {template?.trial_allowed === true && (
            <div className="sm:col-span-2">
              <CheckField
                label={t('issue.trial')}
                hint={t('issue.trialHint', { days: template.trial_duration_days })}
                checked={terms.isTrial}
                onChange={({ target }) => set({ isTrial: target.checked })}
              />
            </div>
          )}
        </div>
        <div className="mt-4">
          <Fault error={error} />
        </div>
        <div className="flex justify-between gap-2 pt-4">
          <Button onClick={onBack}>{t('back')}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={disabled}>
            {t('issue.do')}
          </Button>
        </div>
      </form>
    </Card>
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

function TemplateChoice({ value, onChange }: { value: string | undefined; onChange: (templateId: string) => void }) {
  const t = useText();
  const word = useWord();
  const term = useTermInWords();
  const [q, setQ] = useState('');
  const templates = useQuery({ ...templatesQuery(useSettled(q.trim())), placeholderData: keepPreviousData });
  if (!templates.data)
    return (
      <Card flush>
        {templates.error ? <Refusal error={templates.error} onRetry={() => void templates.refetch()} /> : <Loading />}
      </Card>
    );
  if (templates.data.data.length === 0 && q === '') {
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
  const shown = templates.data.data;
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

/** The only moment, besides a recorded reveal, at which the license key is shown. */
function Issued({ license, onAgain }: { license: Schemas['IssuedLicense']; onAgain: () => void }) {
  const t = useText();
  const may = useMay();
  const noExpiry = useNoExpiry();
  const [open, setOpen] = useState<'email' | 'file' | undefined>();
  const close = () => {
    setOpen(undefined);
  };
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
            {license.expiry_date === null ? noExpiry(license) : <Time at={license.expiry_date} />}
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
              setOpen('email');
            }}
          >
            {t('email.menu')}
          </Button>
        )}
        {may('licenses:check-out') && (
          <Button
            onClick={() => {
              setOpen('file');
            }}
          >
            {t('files.make')}
          </Button>
        )}
        <Button onClick={onAgain}>{t('issued.again')}</Button>
      </div>
      {open === 'email' && <SendEmailDialog license={license} onClose={close} />}
      {open === 'file' && <MakeFile license={license} onClose={close} />}
    </Card>
  );
}
