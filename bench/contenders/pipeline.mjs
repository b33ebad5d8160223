// Messages of one turn leave in one write: pg, told to pipeline, writes each message by itself.
export function inOneWrite(client, send) {
  const { stream } = client.connection;
  stream.cork();
  const answers = send();
  process.nextTick(() => stream.uncork());
  return Promise.all(answers);
}
