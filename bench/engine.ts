/** The three calls that are compared, over any engine. */
export interface Engine {
  name: string
  put(key: string): unknown
  get(key: string): unknown
  listAll(): unknown
}
