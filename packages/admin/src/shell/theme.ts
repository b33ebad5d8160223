import { useSyncExternalStore } from 'react';

const STORED = 'imprimatur.theme';

export type Theme = 'light' | 'dark';

const listeners = new Set<() => void>();

/** The theme that `theme.js` has set before the first paint, and the function that sets another. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'),
  );
  return [theme, setTheme];
}

function setTheme(theme: Theme): void {
  localStorage.setItem(STORED, theme);
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}
