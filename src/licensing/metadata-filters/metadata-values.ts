/** Longest value that can be filtered by, in characters. A longer one is not kept. */
export const MAX_FILTER_VALUE = 255;

/** SQL condition on a row (metadata, key): lists can be filtered by the value of the key. */
export const IS_FILTER_VALUE = `jsonb_typeof(metadata -> key) IN ('string', 'number', 'boolean')
    AND char_length(metadata ->> key) BETWEEN 1 AND ${MAX_FILTER_VALUE}`;
