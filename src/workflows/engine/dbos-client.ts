/** Loaded when it is first used, because that takes as long as a third of the server's start. */
export { DBOSClient } from '@dbos-inc/dbos-sdk';
