import type { BulkChange, BulkPart, BulkResult, SelectedLicense } from './bulk-change';

const DATABASE = 'imprimatur-bulk';
const LICENSES_PER_PART = 250;

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('changes', { keyPath: 'id' });
      request.result.createObjectStore('parts', { keyPath: ['change', 'index'] });
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      opened = undefined;
      reject(request.error ?? new Error('The browser keeps no data.'));
    };
  });
  return opened;
}

type Stores = Readonly<Record<'changes' | 'parts', IDBObjectStore>>;

/** Runs requests in one transaction and returns the result of the last one, once it is on the disk. */
async function transact<T>(mode: IDBTransactionMode, run: (stores: Stores) => IDBRequest<T> | undefined): Promise<T> {
  const transaction = (await database()).transaction(['changes', 'parts'], mode, { durability: 'strict' });
  const request = run({ changes: transaction.objectStore('changes'), parts: transaction.objectStore('parts') });
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve(request?.result as T);
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new Error('The browser kept nothing.'));
    };
  });
}

const partsOf = (change: string) => IDBKeyRange.bound([change, 0], [change, Infinity]);

export async function saveChange(change: BulkChange, licenses: readonly SelectedLicense[]): Promise<void> {
  await transact('readwrite', ({ changes, parts }) => {
    for (let at = 0; at < licenses.length; at += LICENSES_PER_PART) {
      const index = at / LICENSES_PER_PART;
      const part: BulkPart = { change: change.id, index, licenses: licenses.slice(at, at + LICENSES_PER_PART) };
      parts.add(part);
    }
    return changes.add(change);
  });
}

/** The changes of an owner, the newest first. */
export async function readChanges(owner: string): Promise<BulkChange[]> {
  const all = await transact<BulkChange[]>('readonly', ({ changes }) => changes.getAll());
  return all
    .filter((change) => change.owner === owner)
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt));
}

export function readParts(id: string): Promise<BulkPart[]> {
  return transact<BulkPart[]>('readonly', ({ parts }) => parts.getAll(partsOf(id)));
}

/** Stores the results of a part, and returns the change with its new counts. A part that has results already stays as it is. */
export async function saveResults(part: BulkPart, results: readonly BulkResult[]): Promise<BulkChange> {
  const succeeded = results.filter(({ status }) => status < 300).length;
  let counted: BulkChange | undefined;
  await transact('readwrite', ({ changes, parts }) => {
    const stored = parts.get([part.change, part.index]) as IDBRequest<BulkPart>;
    const former = changes.get(part.change) as IDBRequest<BulkChange>;
    former.onsuccess = () => {
      counted = former.result;
      if (stored.result.results) return;
      counted = {
        ...counted,
        succeeded: counted.succeeded + succeeded,
        failed: counted.failed + results.length - succeeded,
      };
      parts.put({ ...part, results });
      changes.put(counted);
    };
    return undefined;
  });
  if (!counted) throw new Error('The change was removed meanwhile.');
  return counted;
}

export async function removeChange(id: string): Promise<void> {
  await transact('readwrite', ({ changes, parts }) => {
    parts.delete(partsOf(id));
    changes.delete(id);
    return undefined;
  });
}
