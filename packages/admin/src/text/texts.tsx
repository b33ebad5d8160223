import { useCallback, useSyncExternalStore, type ReactNode } from 'react';
import { IntlProvider, useIntl } from 'react-intl';
import { ENGLISH } from './en';
import { currentWording, subscribeToWording } from './language';

export type TextId = keyof typeof ENGLISH;
export type TextValues = Record<string, string | number | Date | null | undefined>;
export type TextOf = (id: TextId, values?: TextValues) => string;

export function Texts({ children }: { children: ReactNode }) {
  const { locale, messages } = useSyncExternalStore(subscribeToWording, currentWording);
  return (
    <IntlProvider locale={locale} messages={messages}>
      {children}
    </IntlProvider>
  );
}

/** Returns the function that finds a text by its id. */
export function useText(): TextOf {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values), [intl]);
}

/** Returns the text of a value that the API names, such as a status; a value of a later release is shown as it is. */
export function useWord(): (group: string, value: string) => string {
  const intl = useIntl();
  return useCallback(
    (group, value) => {
      const id = `${group}.${value}`;
      return id in ENGLISH ? intl.formatMessage({ id }) : value;
    },
    [intl],
  );
}
