/** Class of a link within a text or table. */
export const TEXT_LINK = 'underline decoration-accent-ink/30 underline-offset-2 hover:decoration-current';
/** Class of the link that names a row of a table. */
export const ROW_LINK = `font-medium hover:text-accent-ink ${TEXT_LINK}`;
