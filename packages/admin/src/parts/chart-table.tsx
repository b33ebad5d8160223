import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';

/** The numbers of a chart. The first column names a row; the others stand at the right. */
export function ChartTable({
  label,
  columns,
  rows,
}: {
  label: string;
  columns: readonly string[];
  rows: readonly (readonly ReactNode[])[];
}) {
  const intl = useIntl();
  return (
    <div tabIndex={0} role="region" aria-label={label} className="mt-2 max-h-56 overflow-auto">
      <table className="w-full text-left text-xs">
        <thead className="sticky top-0 bg-card text-soft">
          <tr>
            {columns.map((name, index) => (
              <th
                key={name}
                scope="col"
                className={index === 0 ? 'py-1 font-medium' : 'py-1 pl-4 text-right font-medium'}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            // The rows of a chart stay where they are.
            <tr key={row} className="border-t border-line">
              {cells.map((cell, index) => (
                <td key={columns[index]} className={index === 0 ? 'py-1' : 'py-1 pl-4 text-right tabular-nums'}>
                  {typeof cell === 'number' ? intl.formatNumber(cell) : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
