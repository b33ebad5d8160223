import { useCallback, useState } from 'react';
import { streamLines } from '../../api/line-stream';
import type { SelectedLicense } from './bulk-change';

/** Licenses that were ticked, or all that match the filters of the list. */
export type Selection =
  | { readonly kind: 'ticked'; readonly licenses: ReadonlyMap<string, SelectedLicense> }
  | { readonly kind: 'matching'; readonly filter: Readonly<Record<string, string>> };

const NOTHING: Selection = { kind: 'ticked', licenses: new Map() };

/** The selection of a list with a filter; with another filter, nothing is selected. */
export function useSelection(filter: Readonly<Record<string, string>>) {
  const name = JSON.stringify(filter);
  const [state, setState] = useState({ name, selection: NOTHING });
  const selection = state.name === name ? state.selection : NOTHING;
  const select = useCallback(
    (selected: Selection) => {
      setState({ name, selection: selected });
    },
    [name],
  );
  const ticked = selection.kind === 'ticked' ? selection.licenses : undefined;
  return {
    selection,
    isEmpty: ticked?.size === 0,
    has: (licenseId: string) => !ticked || ticked.has(licenseId),
    tick: (licenses: readonly SelectedLicense[], isTicked: boolean) => {
      const all = new Map(ticked);
      for (const { license_id, version } of licenses) {
        if (isTicked) all.set(license_id, { license_id, version });
        else all.delete(license_id);
      }
      select({ kind: 'ticked', licenses: all });
    },
    selectMatching: () => {
      select({ kind: 'matching', filter });
    },
    clear: () => {
      select(NOTHING);
    },
  };
}

/** Returns the licenses of a selection with the versions that they have now. */
export async function licensesOf(selection: Selection): Promise<SelectedLicense[]> {
  if (selection.kind === 'ticked') return [...selection.licenses.values()];
  const found: SelectedLicense[] = [];
  for await (const { license_id, version } of streamLines<SelectedLicense>('/v1/licenses:select', {
    body: JSON.stringify(selection.filter),
    contentType: 'application/json',
  }))
    found.push({ license_id, version });
  return found;
}
