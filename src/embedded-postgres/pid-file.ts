/** Content of `postmaster.pid`. The socket is missing until PostgreSQL has written its location. */
export interface PidFile {
  readonly pid: number;
  readonly socket?: { readonly folder: string; readonly port: number };
}

const PORT_LINE = 3;
const FOLDER_LINE = 4;

/** Returns undefined without a process id. Empty or partial lines count as missing, because `pg` takes an empty host for localhost. */
export function parsePidFile(content: string): PidFile | undefined {
  // The last line has no line end, so it may be partial.
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
