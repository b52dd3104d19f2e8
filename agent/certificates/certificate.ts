/** What the agent shows, and whom it believes, all as PEM. */
export interface Certificate {
  ca: string
  cert: string
  key: string
}
