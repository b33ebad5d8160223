/** Content of `postmaster.pid`. The socket is missing as long as PostgreSQL has not written where it is. */
export interface PidFile {
  readonly pid: number;
  readonly socket?: { readonly folder: string; readonly port: number };
}

const PORT_LINE = 3;
const FOLDER_LINE = 4;

/** Undefined without a process id. An empty or unfinished line is "not yet", because `pg` takes no host for localhost. */
export function parsePidFile(content: string): PidFile | undefined {
  // The last line has no end yet, so it may be half of a value.
  const lines = content.split('\n').slice(0, -1);
  const pid = positiveInteger(lines[0]);
  if (pid === undefined) return undefined;
  const port = positiveInteger(lines[PORT_LINE]);
  const folder = lines[FOLDER_LINE];
  return port !== undefined && folder ? { pid, socket: { folder, port } } : { pid };
}

function positiveInteger(text = ''): number | undefined {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
