export const NODES = 'nodes/'
export const nodeKey = (name: string): string => NODES + name

/** Moved whenever the set of nodes or one of their addresses changes: who checks it knows them all. */
export const NODE_COUNT = 'node-count'
