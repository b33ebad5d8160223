/** Version of the server that the admin UI belongs to; the build puts it in. */
declare const __VERSION__: string;
