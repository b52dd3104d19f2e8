/**
 * What the certificate of the front calls its holder, and all that agents know it by: signed by the front's CA, for clients,
 * with this as its one common name. All agents have certificates of the same CA, so none may have this as its id.
 */
export const FRONT_COMMON_NAME = 'front'
