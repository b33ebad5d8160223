import { useIntl } from 'react-intl';

/** Digits of the minor unit by ISO 4217, where there are not two. Those of browsers differ for a few currencies. */
const DIGITS: readonly (readonly [digits: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
];

function digitsOf(currency: string): number {
  return DIGITS.find(([, codes]) => codes.split(' ').includes(currency))?.[0] ?? 2;
}

/** Returns the amount in minor units of a text such as "990.00"; undefined if it is none. Computes with digits, so that nothing is rounded. */
export function toMinorUnits(text: string, currency: string): number | undefined {
  const digits = digitsOf(currency);
  const [, whole, fraction = ''] = /^(\d{1,15})(?:[.,](\d*))?$/.exec(text.trim()) ?? [];
  if (whole === undefined || fraction.length > digits) return undefined;
  const amount = Number(whole + fraction.padEnd(digits, '0'));
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** Returns an amount in minor units as the text that `toMinorUnits` reads. */
export function fromMinorUnits(amount: number, currency: string): string {
  const digits = digitsOf(currency);
  if (digits === 0) return String(amount);
  const text = String(amount).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Returns the function that writes an amount of minor units with its currency. */
export function useMoney(): (amount: number, currency: string) => string {
  const intl = useIntl();
  return (amount, currency) => {
    const digits = digitsOf(currency);
    const format = {
      style: 'currency',
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    } as const;
    // A decimal text is formatted exactly, which a large number divided by 100 is not.
    return new Intl.NumberFormat(intl.locale, format).format(fromMinorUnits(amount, currency) as unknown as number);
  };
}
