import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { OFFLINE, ProblemError } from '../api/problem';
import { currentWording, subscribeToWording, type Language } from './language';
import { CODES_WITHOUT_FACTS } from './problem-codes';
import { useText } from './texts';

interface Catalogue {
  /** Meaning and remedy of each code of the API. */
  readonly problems: Readonly<Record<string, readonly [meaning: string, remedy: string]>>;
  /** Texts for the faults of fields, by a pattern of what the server says in English. */
  readonly faults: readonly (readonly [RegExp, string])[];
  /** Returns a sentence of the server in this language; undefined if that does not know it. */
  readonly inWords: (detail: string) => string | undefined;
}

const loaded = new Map<Language, Catalogue>();
const listeners = new Set<() => void>();

/** Loads the texts of refusals, which are no part of the first load. Without them the server's own words are shown. */
async function load(language: Language): Promise<void> {
  if (loaded.has(language)) return;
  loaded.set(language, language === 'de' ? await german() : await english());
  for (const listener of listeners) listener();
}

async function german(): Promise<Catalogue> {
  const [{ GERMAN_PROBLEMS, GERMAN_FAULTS }, { toGerman }, { GERMAN }] = await Promise.all([
    import('./problems-de'),
    import('./details-de'),
    import('./de'),
  ]);
  return {
    problems: GERMAN_PROBLEMS,
    faults: GERMAN_FAULTS,
    inWords: (detail) => toGerman(detail, { faults: GERMAN_FAULTS, words: GERMAN }),
  };
}

async function english(): Promise<Catalogue> {
  const { ENGLISH_PROBLEMS } = await import('./problems-en');
  return { problems: ENGLISH_PROBLEMS, faults: [], inWords: (detail) => detail };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const stop = subscribeToWording(listener);
  return () => {
    listeners.delete(listener);
    stop();
  };
}

function useCatalogue(isNeeded: boolean): Catalogue | undefined {
  const { language } = useSyncExternalStore(subscribeToWording, currentWording);
  const catalogue = useSyncExternalStore(subscribe, () => loaded.get(currentWording().language));
  useEffect(() => {
    if (isNeeded) load(language).catch(() => undefined);
  }, [isNeeded, language]);
  return catalogue;
}

export interface ProblemText {
  readonly meaning: string;
  readonly remedy: string | undefined;
  /** Sentence of the server in English, where that has facts, such as a number or an id. */
  readonly facts: string | undefined;
}

/** Returns the function that puts a problem of the API into words. */
export function useProblemText(
  isNeeded = true,
): (problem: { code: string; detail?: string | undefined }) => ProblemText {
  const t = useText();
  const catalogue = useCatalogue(isNeeded);
  const { language } = useSyncExternalStore(subscribeToWording, currentWording);
  return useCallback(
    ({ code, detail = '' }) => {
      if (code === OFFLINE) return { meaning: t('offline.title'), remedy: t('offline.hint'), facts: undefined };
      const [meaning, remedy] = catalogue?.problems[code] ?? [];
      if (meaning === undefined) return { meaning: detail || t('error.title'), remedy: undefined, facts: undefined };
      const facts = detail === '' || CODES_WITHOUT_FACTS.has(code) ? undefined : detail;
      // In English the server has said what to do as well.
      return { meaning, remedy: facts !== undefined && language === 'en' ? undefined : remedy, facts };
    },
    [t, catalogue, language],
  );
}

/** Returns the text of any error: the words for its code, or its own. */
export function useErrorText(error: Error | null | undefined): ProblemText {
  const problem = error instanceof ProblemError ? error.problem : undefined;
  const textOf = useProblemText(problem !== undefined && problem.code !== OFFLINE);
  return problem ? textOf(problem) : { meaning: error?.message ?? '', remedy: undefined, facts: undefined };
}

/** Returns the function that translates what the server says of a field. */
export function useFaultText(isNeeded: boolean): (fault: string) => string {
  const catalogue = useCatalogue(isNeeded);
  return useCallback(
    (fault) => {
      for (const [pattern, text] of catalogue?.faults ?? [])
        if (pattern.test(fault)) return fault.replace(pattern, text);
      return fault;
    },
    [catalogue],
  );
}

/** Returns the function that translates a sentence of the server with facts; where it cannot, the sentence is in English. */
export function useDetailText(): (detail: string) => { readonly text: string; readonly lang: Language } {
  const catalogue = useCatalogue(true);
  const { language } = useSyncExternalStore(subscribeToWording, currentWording);
  return useCallback(
    (detail) => {
      const text = catalogue?.inWords(detail);
      return text === undefined ? { text: detail, lang: 'en' } : { text, lang: language };
    },
    [catalogue, language],
  );
}
