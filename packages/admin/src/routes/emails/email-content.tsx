import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { HtmlPreview } from '../../parts/html-preview';
import { Tabs } from '../../parts/tabs';
import { useText } from '../../text/texts';

/** An e-mail as its recipient sees it, and its form for programs that show text alone. */
export function EmailContent({ email }: { email: Schemas['EmailPreview'] }) {
  const t = useText();
  const [tab, setTab] = useState('html');
  return (
    <div>
      <p className="mb-3 text-base font-semibold wrap-anywhere">{email.subject}</p>
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'html', label: t('emailTexts.html'), panel: <HtmlPreview html={email.html} /> },
          {
            value: 'text',
            label: t('emailTexts.text'),
            panel: <pre className="font-sans text-sm wrap-anywhere whitespace-pre-wrap">{email.text}</pre>,
          },
        ]}
      />
    </div>
  );
}
