// How much WAL was written, and how much of it are images of whole pages, which PostgreSQL writes at the first change of a page
// after a checkpoint.

export async function walPosition(monitor) {
  const { rows } = await monitor.query('SELECT pg_current_wal_insert_lsn() AS at');
  return rows[0].at;
}

export async function walSince(monitor, begin) {
  const { rows } = await monitor.query(
    `SELECT sum(record_size + fpi_size)::float AS bytes, sum(fpi_size)::float AS image_bytes
     FROM pg_get_wal_stats($1, pg_current_wal_flush_lsn())`,
    [begin],
  );
  return { bytes: rows[0].bytes, imageBytes: rows[0].image_bytes };
}
