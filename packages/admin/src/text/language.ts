import { ENGLISH } from './en';

/** Languages of the admin UI, each by its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

export interface Wording {
  readonly language: Language;
  /** Language with the country of the person, if the browser names one: times and numbers are written as there. */
  readonly locale: string;
  readonly messages: Readonly<Record<string, string>>;
}

const STORED = 'imprimatur.language';

let wording: Wording = { language: 'en', locale: localeOf('en'), messages: ENGLISH };
const listeners = new Set<() => void>();

export function currentWording(): Wording {
  return wording;
}

export function subscribeToWording(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes the language that the person has chosen, or else the first one of the browser that there is. */
export async function startWording(): Promise<void> {
  const known = [localStorage.getItem(STORED) ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2));
  const language = known.find(isLanguage) ?? 'en';
  if (language !== 'en') await show(language);
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  await show(language);
}

async function show(language: Language): Promise<void> {
  const messages = language === 'de' ? (await import('./de')).GERMAN : ENGLISH;
  wording = { language, locale: localeOf(language), messages };
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}

function localeOf(language: Language): string {
  return navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language;
}
