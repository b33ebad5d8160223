import { describe, expect, it } from '@jest/globals';
import { parsePidFile } from './pid-file.js';
import { dataFolderOf } from './postmaster.js';

describe('postmaster.pid', () => {
  const whole = '5141\n/data/postgres\n1795903325\n5432\n/data/run\n\n 10560415    131103\nready   \n';

  it('names a socket once PostgreSQL has written where it is, and never half of it', () => {
    for (let length = 0; length <= whole.length; length++) {
      const content = whole.slice(0, length);
      const described = length < '5141\n'.length ? undefined : { pid: 5141 };
      const lines = content.split('\n').length - 1;
      const socket = lines < 5 ? {} : { socket: { folder: '/data/run', port: 5432 } };
      expect(parsePidFile(content)).toEqual(described && { ...described, ...socket });
    }
  });

  it.each([
    ['an empty line for the socket', '5141\n/data/postgres\n1795903325\n5432\n\n'],
    ['no port', '5141\n/data/postgres\n1795903325\n\n/data/run\n'],
    ['a port that is no number', '5141\n/data/postgres\n1795903325\n5432x\n/data/run\n'],
  ])('names no socket with %s', (_, content) => {
    expect(parsePidFile(content)).toEqual({ pid: 5141 });
  });

  it.each(['', '\n', '0\n', '-5141\n', 'x\n', '1e3\n', '51 41\n'])(
    'names no process where it begins with %j',
    (content) => {
      expect(parsePidFile(`${content}/data/postgres\n0\n5432\n/data/run\n`)).toBeUndefined();
    },
  );
});

describe('the arguments of a process', () => {
  it.each([
    ['/opt/bin/postgres\0-D\0/data/postgres\0-c\0listen_addresses=\0', '/data/postgres'],
    ['postgres\0-D/data/postgres\0', '/data/postgres'],
    ['postgres\0-c\0x=y\0-D\0data\0', 'data'],
    ['postgres\0', ''],
    ['/opt/my programs/postgres -D /data dir/postgres -c listen_addresses= -c x=y', '/data dir/postgres'],
    ['postgres', ''],
  ])('%j tell the folder of a PostgreSQL', (commandLine, folder) => {
    expect(dataFolderOf(commandLine)).toBe(folder);
  });

  it.each([
    '',
    'postgres: checkpointer \0\0\0',
    'postgres: imprimatur_app imprimatur [local] idle',
    'tail\0-f\0/data/postgres/postgres.log\0',
    '/usr/bin/vim\0-D\0/data/postgres\0',
    'vim -D /data/postgres/postgres -D /data/postgres',
  ])('%j are of another program', (commandLine) => {
    expect(dataFolderOf(commandLine)).toBeUndefined();
  });
});
