import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, bodyOf } from '../../api/client';
import { given } from '../../api/lists';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { Field, Input, Select } from '../../parts/fields';
import { FormDialog } from '../../parts/form-dialog';
import { gated } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { ResourceDetail } from '../../parts/resource-detail';
import { TEXT_LINK } from '../../parts/text-link';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { EMAIL_TEMPLATES } from './email-state';

/** The languages of a template: English is built in, others have texts of the tenant. */
export const TextList = gated('emails:read', function TextList() {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const [isAdding, setAdding] = useState(false);
  const texts = useQuery({ queryKey: ['email-templates', 'all'], queryFn: readAll });
  return (
    <>
      <PageHeader
        above={
          <Link to="/emails" className="hover:underline">
            {t('emails.title')}
          </Link>
        }
        title={t('emailTexts.title')}
        name={t('emailTexts.title')}
        hint={t('emailTexts.hint')}
        actions={
          may('emails:manage') && (
            <Button
              look="primary"
              onClick={() => {
                setAdding(true);
              }}
            >
              {t('emailTexts.add')}
            </Button>
          )
        }
      />
      <ResourceDetail query={texts}>
        {(own) => (
          <Card flush>
            <ul className="divide-y divide-line">
              {EMAIL_TEMPLATES.map((template) => {
                const languages = own.filter((text) => text.template === template).map(({ language }) => language);
                return (
                  <li key={template} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3.5 text-sm">
                    <span className="min-w-48 grow font-medium">{word('emailTemplate', template)}</span>
                    {[...new Set(['en', ...languages])].map((language) => (
                      <span key={language} className="flex items-center gap-2">
                        <Link
                          to="/email-templates/$template/$language"
                          params={{ template, language }}
                          aria-label={`${word('emailTemplate', template)}, ${language}`}
                          className={TEXT_LINK}
                        >
                          {language}
                        </Link>
                        <Badge tone={languages.includes(language) ? 'info' : 'quiet'}>
                          {languages.includes(language) ? t('emailTexts.own') : t('emailTexts.builtIn')}
                        </Badge>
                      </span>
                    ))}
                  </li>
                );
              })}
            </ul>
          </Card>
        )}
      </ResourceDetail>
      {isAdding && (
        <AddLanguage
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </>
  );
});

const PAGE = 100;

/** Reads the texts of the tenant, all pages of them. */
async function readAll() {
  const all = [];
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE, ...given({ cursor }) };
    const page = await bodyOf(api.GET('/v1/email-templates', { params: { query } }));
    all.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

function AddLanguage({ onClose }: { onClose: () => void }) {
  const t = useText();
  const word = useWord();
  const navigate = useNavigate();
  const [template, setTemplate] = useState<string>(EMAIL_TEMPLATES[0]);
  const [language, setLanguage] = useState('');
  return (
    <FormDialog
      title={t('emailTexts.add')}
      submitLabel={t('emailTexts.edit')}
      busy={false}
      onSubmit={() =>
        void navigate({ to: '/email-templates/$template/$language', params: { template, language: language.trim() } })
      }
      onClose={onClose}
    >
      <Field label={t('email.template')}>
        {(aria) => (
          <Select
            {...aria}
            value={template}
            onChange={(event) => {
              setTemplate(event.target.value);
            }}
          >
            {EMAIL_TEMPLATES.map((name) => (
              <option key={name} value={name}>
                {word('emailTemplate', name)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('emailTexts.language')} hint={t('customer.languageHint')} required>
        {(aria) => (
          <Input
            {...aria}
            required
            pattern="[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
            maxLength={35}
            value={language}
            onChange={(event) => {
              setLanguage(event.target.value);
            }}
          />
        )}
      </Field>
    </FormDialog>
  );
}
