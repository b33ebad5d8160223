import { BookOpen, FileJson } from 'lucide-react';
import { Card, Fact, Facts } from '../../parts/card';
import { Code } from '../../parts/copy';
import { PageHeader } from '../../parts/page';
import { useSession } from '../../shell/session';
import { ShortcutList } from '../../shell/shortcut-help';
import { useText } from '../../text/texts';

const LINKS = [
  { href: '/docs', icon: BookOpen, text: 'help.docs' },
  { href: '/openapi.json', icon: FileJson, text: 'help.openapi' },
] as const;

/** Keyboard shortcuts, the version, who is signed in and may what, and where the API is described. */
export function HelpPage() {
  const t = useText();
  const { me } = useSession();
  return (
    <>
      <PageHeader title={t('help.title')} name={t('help.title')} />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Card title={t('shortcuts.title')}>
          <ShortcutList />
        </Card>
        <div className="space-y-5">
          <Card title={t('help.documentation')}>
            <ul className="space-y-2 text-sm">
              {LINKS.map(({ href, icon: Icon, text }) => (
                <li key={href}>
                  <a
                    href={href}
                    target="_blank"
                    rel="noreferrer"
                    className="inline-flex items-center gap-2 text-accent-ink underline"
                  >
                    <Icon className="size-4" aria-hidden />
                    {t(text)}
                  </a>
                </li>
              ))}
            </ul>
          </Card>
          <Card title={t('help.about')}>
            <Facts>
              <Fact name={t('help.version')}>{__VERSION__}</Fact>
              <Fact name={t('tenants.tenant')}>{me.tenant_id}</Fact>
              <Fact name={t('help.you')}>
                <Code>{me.id}</Code>
              </Fact>
            </Facts>
            <details className="mt-4 text-sm">
              <summary className="text-accent-ink">{t('help.permissions', { count: me.permissions.length })}</summary>
              <ul className="mt-2 grid gap-1 sm:grid-cols-2">
                {me.permissions.map((permission) => (
                  <li key={permission}>
                    <span className="font-mono text-xs break-all">{permission}</span>
                  </li>
                ))}
              </ul>
            </details>
          </Card>
        </div>
      </div>
    </>
  );
}
