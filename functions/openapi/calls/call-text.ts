/** What the document says of a call beside what its handler declares. */
export interface CallText {
  /** The name of the call in clients that are made from the document. */
  id: string
  /** More than its one line of summary. */
  description?: string
  /** Bodies that work as they stand, one after the other in the order of the calls, once the agent is registered. */
  examples?: Record<string, { summary: string; value: unknown }>
}

/** By method and path. */
export type CallTexts = Record<string, CallText>

/** For a call that needs nothing but who calls. */
export const NOTHING_ELSE = {
  token: { summary: 'With a token in the header', value: {} },
} satisfies CallText['examples']
