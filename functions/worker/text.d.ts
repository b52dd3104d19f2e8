/** By the rule of wrangler.toml. */
declare module '*.cfg' {
  const text: string
  export default text
}
