/** Headers cannot be read, and nothing that comes after them on the same connection. */
export class HpackError extends Error {}
