import type { Actor } from './audit.ts'

/** In the audit log: nobody asked, the front does it by itself. */
export const FRONT: Actor = { name: 'front', address: null, requestId: null, standing: null }
