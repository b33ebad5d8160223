import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQuery } from '../../api/queries';
import { NameOf } from '../../parts/name-of';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { useText } from '../../text/texts';
import { Report } from './report';

const MOST = 10;
const COUNTS = [
  ['licenses', 'licenses.title'],
  ['active', 'state.ACTIVE'],
  ['trials', 'licenses.trials'],
] as const;

/** The templates with the most licenses. */
export function ByTemplate() {
  const t = useText();
  return (
    <Report title={t('dashboard.byTemplate')} hint={t('dashboard.byTemplateHint')} query={useQuery(overviewQuery)}>
      {({ data }) => {
        const rows = data
          .filter(({ template_id, licenses }) => template_id !== null && licenses > 0)
          .sort((one, other) => other.licenses - one.licenses)
          .slice(0, MOST);
        if (rows.length === 0) return <Empty title={t('chart.empty')} />;
        return (
          <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={t('dashboard.byTemplate')}>
            <table className="w-full text-left text-sm">
              <thead className="text-xs text-soft">
                <tr>
                  <th scope="col" className="py-1.5 pr-4 font-medium">
                    {t('template')}
                  </th>
                  {COUNTS.map(([name, text]) => (
                    <th key={name} scope="col" className="py-1.5 pl-4 text-right font-medium">
                      {t(text)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.template_id} className="border-t border-line">
                    <td className="py-2 pr-4">
                      <Link to="/licenses" search={{ template_id: row.template_id ?? '' }} className={ROW_LINK}>
                        <NameOf of="templates" id={row.template_id ?? ''} />
                      </Link>
                      <div className="text-xs text-soft">
                        <NameOf of="products" id={row.product_id} />
                      </div>
                    </td>
                    {COUNTS.map(([name]) => (
                      <td key={name} className="py-2 pl-4 text-right tabular-nums">
                        {row[name]}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        );
      }}
    </Report>
  );
}
