/** What stands between the dots of a host's name, as a part of a pattern. */
export const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
/** The same where capitals may be written, which mean nothing. */
export const LABEL_IN_ANY_CASE = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
