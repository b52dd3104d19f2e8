export const DESCRIPTION = `Agents register, then ask for routes: web apps by host name, MongoDB by TLS server name.

Every answer is JSON with \`success\`; a failure carries a sentence for a person (\`error\`) and a stable \`code\`.`

export const TAGS = [
  { name: 'Agents', description: 'Registering, and what is known of an agent' },
  { name: 'Routes', description: 'Host names that lead to apps and databases' },
  { name: 'Traffic', description: 'What passed through HAProxy' },
  { name: 'Events', description: 'What changes, as it changes' },
  { name: 'Certificates', description: 'The front’s CA, agents’ certificates, and those that HAProxy serves' },
  { name: 'Nodes', description: 'The HAProxies, and how they are' },
  { name: 'Tokens', description: 'Tokens for enrolment, administrators, reading, metrics' },
  { name: 'Audit', description: 'Who changed what' },
  { name: 'Backup', description: 'Everything out of one front and into another' },
  { name: 'Health', description: 'Whether it works' },
]
