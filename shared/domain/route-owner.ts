const ROUTE_ID = /^([a-z0-9-]{1,63})\.[0-9a-f]+$/

/** Whose a route with such an id is, if there is one. */
export const ownerOf = (id: string): string | null => ROUTE_ID.exec(id)?.[1] ?? null
