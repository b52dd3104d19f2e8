export const DESCRIPTION = `Agents register, then ask for routes: web apps by host name, MongoDB by TLS server name.

**First steps on this page**, each with *Execute*:
1. \`POST /api/agents/register\` registers the agent of the example. Where an enrolment token is needed, give it to *Authorize* first.
2. Copy the \`token\` out of the answer into *Authorize*. Later ones come from \`POST /api/agents/authenticate\`.
3. \`POST /api/proxy/http\` with the address of your app as \`targetUrl\`: the answer says at which \`url\` it is from now on.
4. \`GET /api/proxy/agents/{agentId}\` lists the routes, and \`DELETE /api/proxy\` removes one.

Every answer is JSON with \`success\`; a failure carries a sentence for a person (\`error\`) and a stable \`code\`. Fields that nobody knows
are refused by name. Every answer has an \`X-Request-Id\`, which the log has too.`

export const TAGS = [
  { name: 'Agents', description: 'Registering, and what is known of an agent' },
  { name: 'Routes', description: 'Host names that lead to apps and databases' },
  { name: 'Traffic', description: 'What passed through HAProxy' },
  { name: 'Events', description: 'What changes, as it changes' },
  { name: 'Certificates', description: 'The front’s CA, agents’ certificates, and those that HAProxy serves' },
  { name: 'Backends', description: 'What is served beside the routes of agents' },
  { name: 'Nodes', description: 'The HAProxies, and how they are' },
  { name: 'Tokens', description: 'Tokens for enrolment, administrators, reading, metrics' },
  { name: 'Audit', description: 'Who changed what' },
  { name: 'Backup', description: 'Everything out of one front and into another' },
  { name: 'Health', description: 'Whether it works' },
]
