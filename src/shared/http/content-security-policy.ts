/** The style sheets and the style attribute that Swagger UI's page brings along, its logo's last; a test says when they change. */
const SWAGGER_UI_STYLES = [
  "'sha256-/jDKvbQ8cdux+c5epDIqkjHbXDaIY8RucT1PmAe8FG4='",
  "'sha256-eaPyLWVdqMc60xuz5bTp2yBRgVpQSoUggte1+40ONPU='",
  "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
];
const SWAGGER_UI_STYLE_ATTRIBUTES = ["'unsafe-hashes'", "'sha256-ezdv1bOGcoOD7FKudKN0Y2Mb763O6qVtM8LT2mtanIU='"];

/** Nothing is loaded but our own files, nothing is framed, and no script stands in a page. Written out once. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${SWAGGER_UI_STYLES.join(' ')}`,
  `style-src-attr ${SWAGGER_UI_STYLE_ATTRIBUTES.join(' ')}`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
