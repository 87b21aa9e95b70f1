// The container has no daemon here to build it, so its files are held against the sample tenants:
// what their channels read, listen on and write to must be there in the container too.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const files = readdirSync(join(root, 'channels'), { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .flatMap(({ name }) =>
    readdirSync(join(root, 'channels', name))
      .filter(file => file.endsWith('.yaml') && !file.endsWith('.test.yaml'))
      .map(file => `channels/${name}/${file}`),
  )
const { firth } = (
  parse(read('docker-compose.yml')) as {
    services: {
      firth: { environment: Record<string, string>; ports: string[]; volumes: string[] }
    }
  }
).services

test('the container has the mappings of the sample tenants beside their channels', () => {
  assert.match(read('Dockerfile'), /cp -R channels transforms \/project\//)
  for (const folder of ['channels', 'transforms']) {
    assert.ok(firth.volumes.includes(`./${folder}:/project/${folder}:ro`), folder)
  }
})

test('the container sets every variable of the samples and publishes every port', () => {
  const all = files.map(read).join('\n')
  // Ports in tenant.yaml are those of far ends.
  const channels = files.filter(file => !file.endsWith('/tenant.yaml')).map(read)
  const variables = [...all.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = '']) => name)
  const ports = [...channels.join('\n').matchAll(/^ +port: (\d+)$/gm)].map(([, port = '']) => port)
  assert.ok(variables.length > 0 && ports.length > 0)
  for (const name of variables) assert.ok(name in firth.environment, name)
  const exposed = /^EXPOSE (.*)$/m.exec(read('Dockerfile'))?.[1]?.split(' ')
  for (const port of ports) {
    assert.ok(firth.ports.includes(`127.0.0.1:${port}:${port}`), port)
    assert.ok(exposed?.includes(port), port)
  }
})
