import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { Card } from '../../parts/card';
import { useMoney } from '../../parts/money';
import { Time } from '../../parts/time';
import { TEXT_LINK } from '../../parts/text-link';
import { useText } from '../../text/texts';

type Line = Schemas['QuoteLine'];

/** The lines of an order or quote: what is sold, and for how much. */
export function LinesTable<L extends Line>({
  lines,
  currency,
  total,
  below,
}: {
  lines: readonly L[];
  currency: string;
  total: number;
  /** Stands below the description of a line. */
  below?: (line: L) => ReactNode;
}) {
  const t = useText();
  const money = useMoney();
  return (
    <Card title={t('lines.title')} flush>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={t('lines.title')}>
        <table className="w-full text-left text-sm">
          <thead className="border-y border-line bg-sunken/60 text-xs text-soft">
            <tr>
              <th scope="col" className="py-2.5 pl-5 font-medium">
                {t('lines.number')}
              </th>
              <th scope="col" className="px-5 py-2.5 font-medium">
                {t('lines.what')}
              </th>
              <th scope="col" className="px-5 py-2.5 text-right font-medium">
                {t('lines.quantity')}
              </th>
              <th scope="col" className="px-5 py-2.5 text-right font-medium whitespace-nowrap">
                {t('lines.unitPrice')}
              </th>
              <th scope="col" className="px-5 py-2.5 text-right font-medium">
                {t('lines.amount')}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.line} className="border-b border-line align-top">
                <td className="py-3 pl-5 text-soft tabular-nums">{line.line}</td>
                <td className="min-w-48 px-5 py-3">
                  <LineText line={line} />
                  {below?.(line)}
                </td>
                <td className="px-5 py-3 text-right tabular-nums">{line.quantity}</td>
                <td className="px-5 py-3 text-right whitespace-nowrap tabular-nums">
                  {money(line.unit_price, currency)}
                </td>
                <td className="px-5 py-3 text-right font-medium whitespace-nowrap tabular-nums">
                  {money(line.amount, currency)}
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={4} className="px-5 py-3 text-right font-medium">
                {t('lines.total')}
              </th>
              <td className="px-5 py-3 text-right font-semibold whitespace-nowrap tabular-nums">
                {money(total, currency)}
              </td>
            </tr>
          </tfoot>
        </table>
      </div>
    </Card>
  );
}

function LineText({ line }: { line: Line }) {
  const t = useText();
  const template = line.license_template_id;
  const license = line.license_id;
  return (
    <>
      <span className="font-medium">{t(`lines.kind.${line.kind}`)}</span>{' '}
      {template !== null && (
        <Link to="/templates/$templateId" params={{ templateId: template }} className={TEXT_LINK}>
          {template}
        </Link>
      )}
      {line.months !== null && <span className="text-soft"> {t('term.months', { count: line.months })}</span>}
      {line.days !== null && <span className="text-soft"> {t('days', { days: line.days })}</span>}
      {line.starts !== null && (
        <span className="block text-xs text-soft">
          {line.starts === 'AT_ISSUE' || line.starts === 'AT_FIRST_ACTIVATION' ? (
            t(`lines.starts.${line.starts === 'AT_ISSUE' ? 'issue' : 'activation'}`)
          ) : (
            <>
              {t('lines.starts')} <Time at={line.starts} />
            </>
          )}
        </span>
      )}
      {line.overrides !== null && (
        <span className="block text-xs text-soft">
          {t('lines.overrides', { names: Object.keys(line.overrides).join(', ') })}
        </span>
      )}
      {license !== null && (
        <span className="block text-xs">
          <LicenseLink licenseId={license} />
        </span>
      )}
    </>
  );
}

export function LicenseLink({ licenseId }: { licenseId: string }) {
  return (
    <Link
      to="/licenses/$licenseId"
      params={{ licenseId }}
      className={`font-mono text-xs break-all text-accent-ink ${TEXT_LINK}`}
    >
      {licenseId}
    </Link>
  );
}
