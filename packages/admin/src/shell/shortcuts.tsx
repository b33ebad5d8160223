import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { SCREENS } from './navigation';
import { useMay } from './session';

const ShortcutHelp = lazy(async () => ({ default: (await import('./shortcut-help')).ShortcutHelp }));

const SEQUENCE_MS = 1_200;
/** Pages mark the field that `/` leads to. */
const SEARCH = '[data-search]';

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], [role="dialog"]') !== null
  );
}

/** `/` leads to the search, `g` and a letter to a screen, `?` shows them all. */
export function Shortcuts() {
  const may = useMay();
  const navigate = useNavigate();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const begun = useRef(0);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const follows = Date.now() - begun.current < SEQUENCE_MS;
      begun.current = 0;
      if (event.key === '?') setHelpOpen(true);
      else if (event.key === '/') {
        event.preventDefault();
        const field = document.querySelector<HTMLElement>(SEARCH);
        if (field) field.focus();
        else
          void navigate({ to: '/licenses', search: {} }).then(() =>
            document.querySelector<HTMLElement>(SEARCH)?.focus(),
          );
      } else if (event.key === 'g') begun.current = Date.now();
      else if (follows) {
        const screen = SCREENS.flatMap(({ screens }) => screens).find(({ letter }) => letter === event.key);
        if (screen && may(screen.permission)) void navigate({ to: screen.to });
      }
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
    };
  }, [navigate, may]);

  return isHelpOpen ? (
    <Suspense>
      <ShortcutHelp
        onClose={() => {
          setHelpOpen(false);
        }}
      />
    </Suspense>
  ) : null;
}
