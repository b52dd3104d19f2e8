/** What HAProxy's own Data Plane API serves and this one does not: the beginnings of paths below /v3. */
const ELSEWHERE = [
  '/specification',
  '/specification_openapiv3',
  '/cluster',
  '/services$',
  '/services/haproxy/configuration$',
  '/services/haproxy/runtime$',
  '/services/haproxy/stats$',
  '/services/haproxy/storage$',
  '/services/haproxy/sites',
  '/services/haproxy/spoe',
  ...[
    ...['acl_files', 'caches', 'crt_loads', 'crt_stores', 'defaults', 'errorfiles', 'fcgi_apps', 'file', 'frontends'],
    ...[
      'global',
      'groups',
      'http_errors_sections',
      'log_forwards',
      'log_profiles',
      'mailers_section',
      'named_defaults',
    ],
    ...[
      'peers',
      'programs',
      'resolvers',
      'rings',
      'tables',
      'traces',
      'userlists',
      'users',
      'acmes',
      'backends/[^/]+/(?!servers(?:/|$))[^/]+',
    ],
  ].map((name) => `/services/haproxy/configuration/${name}`),
  ...['acls', 'acme', 'ssl_ca_files', 'ssl_certs', 'ssl_crl_files', 'stick_table_entries', 'ssl_crt_lists'].map(
    (name) => `/services/haproxy/runtime/${name}`,
  ),
  ...['general', 'ssl_crt_lists', 'ssl_crl_files', 'errorfiles'].map((name) => `/services/haproxy/storage/${name}`),
  '/services/haproxy/service_discovery',
]

const PATTERN = new RegExp(`^/v3(?:${ELSEWHERE.join('|')})(?:/|$)`)

export const isKnownElsewhere = (path: string): boolean => PATTERN.test(path)
