import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { SCREENS } from './navigation';
import { useMay } from './session';
import { areSingleKeysOn } from './single-keys';

const ShortcutHelp = lazy(async () => ({ default: (await import('./shortcut-help')).ShortcutHelp }));

const Search = lazy(async () => ({ default: (await import('./search')).Search }));

const SEQUENCE_MS = 1_200;

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"]') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], [role="dialog"]') !== null
  );
}

/** `/` and ⌘K open the search, `g` and a letter lead to a screen, `?` shows them all. */
export function Shortcuts({ isSearching, onSearch }: { isSearching: boolean; onSearch: (isOpen: boolean) => void }) {
  const may = useMay();
  const navigate = useNavigate();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const begun = useRef(0);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'k' && (event.ctrlKey || event.metaKey) && !isInDialog(event.target)) {
        event.preventDefault();
        onSearch(true);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !areSingleKeysOn()) return;
      const follows = Date.now() - begun.current < SEQUENCE_MS;
      begun.current = 0;
      if (event.key === '?') setHelpOpen(true);
      else if (event.key === '/') {
        event.preventDefault();
        onSearch(true);
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
  }, [navigate, may, onSearch]);

  return (
    <Suspense>
      {isSearching && (
        <Search
          onClose={() => {
            onSearch(false);
          }}
        />
      )}
      {isHelpOpen && (
        <ShortcutHelp
          onClose={() => {
            setHelpOpen(false);
          }}
        />
      )}
    </Suspense>
  );
}
