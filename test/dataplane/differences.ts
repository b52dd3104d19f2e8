/** Where the embedded data plane answers otherwise than the real one was recorded to. The reasons stand in the docs too. */
interface Difference {
  reason: string
  /** The recorded calls, and our status. */
  calls: Record<string, number>
}

export const DIFFERENCES: Difference[] = [
  {
    reason: 'A field that cannot be written into the configuration is refused with 501, not passed over in silence.',
    calls: { 'backend-create-unknown-field': 501 },
  },
  {
    reason:
      'A server that is created by version waits for a reload and then takes traffic; it does not sit in `maint`.',
    calls: { 'server-create-by-version': 202, 'runtime-server-right-after-create': 404 },
  },
  {
    reason: 'A change by version that HAProxy refuses leaves no failed transaction behind.',
    calls: { 'tx-list-after-refused-by-version': 200 },
  },
  {
    reason:
      'Keys and values of maps with a space, tab, line break, backslash, `;` or `<<` are refused with 400: they would be cut or altered.',
    calls: {
      'rtmap-value-space-add': 400,
      'rtmap-value-space-get': 404,
      'rtmap-value-quotes-add': 400,
      'rtmap-value-quotes-get': 404,
      'rtmap-value-backslash-add': 400,
      'rtmap-value-backslash-get': 404,
      'rtmap-value-newline-add': 400,
      'rtmap-value-newline-get': 404,
      'rtmap-key-space-add': 400,
      'rtmap-entry-replace-value-with-space': 400,
      'rtmap-bulk-put-spaces': 400,
      'rtmap-entry-get-bulk-spaces': 404,
    },
  },
  {
    reason: 'An empty list or an empty value for a map is refused with 400 and harms nothing.',
    calls: {
      'rtmap-bulk-put-empty-list': 400,
      'rtmap-bulk-put-empty-value': 400,
      'rtmap-entries-with-empty-value': 200,
    },
  },
  {
    reason: 'An address that HAProxy does not take for a server is a 400, not a 200 without effect.',
    calls: { 'rtserver-put-unresolvable-address': 400 },
  },
  {
    reason: 'A certificate whose key is another’s is refused with 400 and not stored, so that no reload fails of it.',
    calls: { 'stcert-replace-mismatched-key': 400, 'reload-get-after-mismatched-key': 200 },
  },
  {
    reason:
      'After a failed reload the last good configuration is back in memory and on the disk, as a version of its own; the next change starts from it.',
    calls: { 'tx-commit-force-reload-fails': 400, 'reload-get-failed': 200, 'reloads-list-with-failed': 200 },
  },
]
