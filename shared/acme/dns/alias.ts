/** Where the CNAME record of a name leads; `null`: it has none, or nobody could say. */
export type Cname = (name: string) => Promise<string | null>

/** Where records for a name have to be written. */
export type LeadsTo = (name: string) => Promise<string>

/** Longer chains are mistakes, and so are circles. */
const MOST_STEPS = 8

/** A zone may hand the proofs of its names over to another one, which the front's key may change. */
export const followed =
  (cname: Cname): LeadsTo =>
  async (name) => {
    let at = name
    for (let step = 0; step < MOST_STEPS; step++) {
      const next = await cname(at)
      if (next === null) return at
      at = next.toLowerCase().replace(/\.$/, '')
    }
    return name
  }
