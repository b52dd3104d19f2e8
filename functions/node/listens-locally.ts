import type { Config } from '../config.ts'

const LOOPBACK = /^(?:127\.|::1$)/

/** Whether nobody but this machine can reach the front, HAProxy and what stands behind them. */
export const listensLocally = ({ HOST, BIND, DATAPLANE_URL }: Config): boolean =>
  LOOPBACK.test(HOST) && LOOPBACK.test(BIND) && DATAPLANE_URL === undefined
