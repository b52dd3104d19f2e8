import { answer } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'

const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CloudLunacy Front Server: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<style>
/* Said once, at the top; there are no links. */
.responses-inner .headers-wrapper, .response-col_links { display: none }
.swagger-ui .info { margin: 24px 0 }
.swagger-ui .scheme-container { padding: 12px 0; margin-bottom: 12px }
</style>
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript. The same description as JSON: <a href="/api/openapi.json">/api/openapi.json</a></noscript>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`

/** `validatorUrl: null`: the viewer would otherwise send the document's address to its makers. */
const START = `SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
  filter: true,
})
`

type Body = string | Awaited<ReturnType<Deps['docsAsset']>>

/** A page to read and try the API; nothing on it is loaded from elsewhere. */
export function docsRoutes(app: App, { docsAsset }: Deps): void {
  const serve = (path: string, type: string, content: () => Promise<Body> | Body, headers = {}) =>
    app.get(path, async (c) => answer(c, await content(), 200, type, headers))

  app.get('/', (c) => answer(c, null, 302, 'text/plain', { location: '/api/docs' }))
  serve('/api/docs', 'text/html; charset=utf-8', () => PAGE, {
    'content-security-policy': PAGE_POLICY,
    'referrer-policy': 'no-referrer',
  })
  serve('/api/docs/start.js', 'text/javascript; charset=utf-8', () => START)
  for (const [name, type] of Object.entries(ASSETS)) {
    serve(`/api/docs/${name}`, type, () => docsAsset(name), { 'cache-control': 'public, max-age=3600' })
  }
}
