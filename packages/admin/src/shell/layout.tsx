import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { LogOut, Menu as MenuIcon, Moon, Search, Sun, X } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { ownerOf } from '../api/queries';
import { sessionEnded } from '../api/session-signals';
import { Button } from '../parts/button';
import { cn } from '../parts/class-names';
import { chooseLanguage, currentWording, LANGUAGES, subscribeToWording, type Language } from '../text/language';
import { useText } from '../text/texts';
import { Logo } from './logo';
import { SCREENS } from './navigation';
import { useSession } from './session';
import { SessionGate } from './session-gate';
import { Shortcuts } from './shortcuts';
import { useTheme } from './theme';

export function Layout() {
  return (
    <SessionGate>
      <Shell />
    </SessionGate>
  );
}

function Shell() {
  const t = useText();
  const { me } = useSession();
  const { pathname } = useLocation();
  const owner = ownerOf(me);
  useEffect(() => sessionEnded, [owner]);
  // On a narrow screen the navigation is open on the page that it was opened on, so it closes when it leads elsewhere.
  const [openedOn, setOpenedOn] = useState<string | undefined>();
  const isOpen = openedOn === pathname;
  const [isSearching, setSearching] = useState(false);
  const search = () => {
    setSearching(true);
  };
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-card focus:px-3 focus:py-2"
      >
        {t('skip')}
      </a>
      <header className="sticky top-0 z-30 flex items-center justify-between border-b border-line bg-card px-4 py-2 lg:hidden">
        <Brand />
        <Button
          look="quiet"
          size="icon"
          aria-expanded={isOpen}
          aria-controls="navigation"
          aria-label={t('nav.open')}
          onClick={() => {
            setOpenedOn(isOpen ? undefined : pathname);
          }}
        >
          {isOpen ? <X aria-hidden /> : <MenuIcon aria-hidden />}
        </Button>
      </header>
      <aside
        id="navigation"
        className={cn(
          'flex-col border-line bg-card lg:sticky lg:top-0 lg:flex lg:h-dvh lg:border-r',
          isOpen ? 'flex border-b' : 'hidden',
        )}
      >
        <div className="hidden px-5 pt-5 pb-3 lg:block">
          <Brand />
        </div>
        <SearchButton onClick={search} />
        <Navigation />
        <Account />
      </aside>
      <main id="content" tabIndex={-1} className="min-w-0 px-4 py-6 outline-none sm:px-8 lg:py-8">
        <div className="mx-auto max-w-6xl">
          <ActingFor />
          <Outlet />
        </div>
      </main>
      <Shortcuts isSearching={isSearching} onSearch={setSearching} />
    </div>
  );
}

function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2.5 rounded">
      <Logo className="size-7" />
      <span className="font-semibold tracking-tight">Imprimatur</span>
    </Link>
  );
}

function SearchButton({ onClick }: { onClick: () => void }) {
  const t = useText();
  return (
    <div className="px-3 pt-3 lg:pt-1">
      <button
        type="button"
        aria-keyshortcuts="/ Control+K Meta+K"
        onClick={onClick}
        className="flex h-9 w-full items-center gap-2.5 rounded-md border border-line bg-sunken px-2.5 text-sm text-soft hover:text-ink"
      >
        <Search className="size-4 shrink-0" aria-hidden />
        <span className="grow text-left">{t('search.open')}</span>
        <kbd className="rounded border border-line bg-card px-1.5 font-mono text-xs" aria-hidden>
          /
        </kbd>
      </button>
    </div>
  );
}

function Navigation() {
  const t = useText();
  const { may } = useSession();
  return (
    <nav aria-label={t('nav.label')} className="grow space-y-4 overflow-y-auto px-3 py-3">
      {SCREENS.map(({ text, screens }) => {
        const open = screens.filter(({ permission }) => may(permission));
        if (open.length === 0) return null;
        return (
          <div key={text}>
            <p className="px-2.5 pb-1 text-xs font-medium text-soft">{t(text)}</p>
            <ul className="space-y-0.5">
              {open.map(({ to, text: name, icon: Icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    className="flex items-center gap-2.5 rounded-md px-2.5 py-1 text-sm font-medium text-soft transition-colors hover:bg-sunken hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-accent-ink"
                  >
                    <Icon className="size-4 shrink-0" aria-hidden />
                    {t(name)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Account() {
  const t = useText();
  const { me, signOut } = useSession();
  const [theme, setTheme] = useTheme();
  const isDark = theme === 'dark';
  return (
    <div className="border-t border-line px-3 pt-2.5 pb-2">
      <p className="px-1.5 text-xs break-words">
        <span className="block font-medium">{me.tenant_id}</span>
        <span className="block text-soft">{me.type === 'user' ? me.id : t('account.apiKey')}</span>
      </p>
      <div className="flex items-center gap-1">
        <Button
          look="quiet"
          size="icon"
          aria-label={isDark ? t('theme.light') : t('theme.dark')}
          title={isDark ? t('theme.light') : t('theme.dark')}
          onClick={() => {
            setTheme(isDark ? 'light' : 'dark');
          }}
        >
          {isDark ? <Sun aria-hidden /> : <Moon aria-hidden />}
        </Button>
        <LanguageButton />
        <Button look="quiet" size="icon" aria-label={t('signOut')} title={t('signOut')} onClick={signOut}>
          <LogOut aria-hidden />
        </Button>
      </div>
    </div>
  );
}

/** Leads from each language to the next one, which it names. */
function LanguageButton() {
  const { language } = useSyncExternalStore(subscribeToWording, currentWording);
  const all = Object.keys(LANGUAGES) as Language[];
  const other = all[(all.indexOf(language) + 1) % all.length] ?? language;
  return (
    <Button
      look="quiet"
      size="icon"
      lang={other}
      aria-label={`${other.toUpperCase()}: ${LANGUAGES[other]}`}
      title={LANGUAGES[other]}
      onClick={() => void chooseLanguage(other)}
    >
      <span aria-hidden>{other.toUpperCase()}</span>
    </Button>
  );
}

function ActingFor() {
  const t = useText();
  const { me, leaveTenant } = useSession();
  if (!leaveTenant) return null;
  return (
    <div
      role="status"
      className="mb-5 flex flex-wrap items-center justify-between gap-3 rounded-lg bg-warn-soft px-4 py-2 text-sm text-warn"
    >
      {t('tenants.acting', { tenant: me.tenant_id })}
      <Button size="small" onClick={leaveTenant}>
        {t('tenants.leave')}
      </Button>
    </div>
  );
}
