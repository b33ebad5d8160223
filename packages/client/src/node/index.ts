export { deviceFingerprint, type FingerprintOptions } from './device-fingerprint.js';
export { fileStore } from './file-store.js';
