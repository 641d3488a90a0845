'use strict'

// Clients of deepstream, told what to do by lines of JSON on standard input; each is answered by a line. The argument is
// the directory of npm packages.

const path = require('node:path')
const readline = require('node:readline')

const { DeepstreamClient } = require(path.join(process.argv[2], '@deepstream/client'))
const C = require(path.join(process.argv[2], '@deepstream/client/dist/src/constants'))
const { getMessage } = require(path.join(process.argv[2], '@deepstream/protobuf/dist/src/message-builder'))
const WebSocket = require(path.join(process.argv[2], 'ws'))

const clients = new Map()
const say = value => process.stdout.write(JSON.stringify(value) + '\n')
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

function open (name, url, options = {}) {
  const entry = { client: new DeepstreamClient(url, { maxReconnectAttempts: 1000, maxReconnectInterval: 4000, offlineBufferTimeout: 60000, ...options }), errors: [], heard: {}, states: [] }
  entry.client.on('error', (message, event) => entry.errors.push(`${event}: ${message}`))
  entry.client.on('connectionStateChanged', state => entry.states.push([Date.now(), state]))
  clients.set(name, entry)
  return entry
}

async function login (entry, auth) {
  const result = await Promise.race([
    entry.client.login(auth || {}).then(data => ({ data: data || null }), err => ({ error: String((err && err.message) || JSON.stringify(err) || err) })),
    sleep(20000).then(() => ({ error: 'no answer to the login' }))
  ])
  if (result.error) throw new Error(result.error)
  return result.data
}

const write = (client, record, data) => new Promise((resolve, reject) => {
  client.record.setData(record, data, err => err ? reject(new Error(String(err))) : resolve())
})

// isOpen looks at the socket itself. The library says that it is open until the socket is closed, and so also while it
// closes, when sockets drop what they are given ("send", WebSockets Standard).
const isOpen = entry => entry.client.services.connection.endpoint.readyState === 1

const actions = {
  connect: ({ client, url, auth, options }) => login(open(client, url, options), auth),
  async connectMany ({ prefix, count, url, batch = 50 }) {
    for (let i = 0; i < count; i += batch) {
      await Promise.all(Array.from({ length: Math.min(batch, count - i) }, (_, j) => login(open(prefix + (i + j), url))))
    }
  },
  write: ({ client, record, data }) => write(clients.get(client).client, record, data),
  read: ({ client, record }) => clients.get(client).client.record.snapshot(record).catch(err => {
    if (String(err).includes('RECORD_NOT_FOUND') || String(err.message).includes('RECORD_NOT_FOUND')) return null
    throw err
  }),
  patch: ({ client, record, path: at, value }) => new Promise((resolve, reject) => {
    clients.get(client).client.record.setData(record, at, value, err => err ? reject(new Error(String(err))) : resolve())
  }),
  writeLarge: ({ client, record, n, bytes }) => write(clients.get(client).client, record, { n, filling: 'x'.repeat(bytes) }),
  // update writes a version, which the library would otherwise pick.
  update: ({ client, record, version, data }) => new Promise((resolve, reject) => {
    const message = { topic: C.TOPIC.RECORD, action: C.RECORD_ACTION.UPDATE, name: record, version, parsedData: data }
    clients.get(client).client.record.recordServices.writeAckService.send(message, err => err ? reject(new Error(String(err))) : resolve())
  }),
  // readWhen says besides when the answer came.
  readWhen: async args => [await actions.read(args), Date.now()],
  version: ({ client, record }) => clients.get(client).client.record.head(record),
  // say sends a message as it is, which the library would not.
  async say ({ client, topic, action, ...message }) {
    clients.get(client).client.services.connection.sendMessage({ topic: C.TOPIC[topic], action: C[`${topic}_ACTION`][action], ...message })
  },
  // knock says who it is in words that are not JSON, and waits until it is cut.
  knock: ({ url }) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const say = message => socket.send(getMessage(message, false))
    socket.on('open', () => say({ topic: C.TOPIC.CONNECTION, action: C.CONNECTION_ACTION.CHALLENGE, url }))
    socket.once('message', () => say({ topic: C.TOPIC.AUTH, action: C.AUTH_ACTION.REQUEST, data: '{' }))
    socket.on('close', () => resolve(null))
    socket.on('error', reject)
  }),
  open: ({ client, record }) => clients.get(client).client.record.getRecord(record).whenReady().then(() => null),
  delete: ({ client, record }) => new Promise((resolve, reject) => {
    const r = clients.get(client).client.record.getRecord(record)
    r.on('error', (message, event) => reject(new Error(`${event || message}`)))
    r.whenReady().then(() => r.delete(err => err ? reject(new Error(String(err))) : resolve()))
  }),
  async subscribe ({ client, event }) {
    const entry = clients.get(client)
    entry.heard[event] = entry.heard[event] || []
    entry.client.event.subscribe(event, data => entry.heard[event].push([Date.now(), data]))
  },
  async emit ({ client, event, data }) { clients.get(client).client.event.emit(event, data) },
  // emitLarge emits numbered events, each with so many bytes besides.
  async emitLarge ({ client, event, count, bytes }) {
    for (let i = 0; i < count; i++) clients.get(client).client.event.emit(event, { i, filling: 'x'.repeat(bytes) })
  },
  async close ({ client }) { clients.get(client).client.close() },
  present: ({ client }) => clients.get(client).client.presence.getAll(),
  heard: ({ client, event }) => clients.get(client).heard[event].map(([at, data]) => [at, data && data.filling ? data.i : data]),
  errors: ({ client }) => clients.get(client).errors,
  states: ({ client }) => clients.get(client).states,

  // tryAll does everything that a client can do, and says what came of each.
  async tryAll ({ client }) {
    const entry = clients.get(client)
    const c = entry.client
    const settled = promise => Promise.race([
      Promise.resolve(promise).then(() => 'allowed', err => String((err && err.message) || err)), sleep(5000).then(() => 'no answer')
    ])
    const denied = async act => {
      const before = entry.errors.length
      act()
      for (let i = 0; i < 50 && entry.errors.length === before; i++) await sleep(100)
      return entry.errors.slice(before).join() || 'allowed'
    }
    return {
      write: await settled(write(c, 'r', { n: 1 })),
      patch: await settled(new Promise((resolve, reject) => c.record.setData('r', 'n', 1, err => err ? reject(new Error(String(err))) : resolve()))),
      read: await settled(c.record.snapshot('r')),
      head: await settled(c.record.head('r')),
      create: await denied(() => c.record.getRecord('r').on('error', (message, event) => entry.errors.push(`${event}: ${message}`))),
      listen: await denied(() => c.record.listen('.*', () => {})),
      emit: await denied(() => c.event.emit('e', 1)),
      subscribe: await denied(() => c.event.subscribe('e', () => {})),
      provide: await denied(() => c.rpc.provide('f', () => {})),
      make: await settled(c.rpc.make('g', 1)),
      presence: await settled(c.presence.getAll())
    }
  },

  // load writes records without waiting for one another, so many a second, and says which were acknowledged when. One
  // without an answer for so many milliseconds has failed.
  async load ({ client, prefix, perSecond, seconds, records, patience = 90000 }) {
    const c = clients.get(client).client
    const writes = []
    const start = Date.now()
    for (let i = 0; i < perSecond * seconds; i++) {
      const due = start + i * 1000 / perSecond
      if (due > Date.now()) await sleep(due - Date.now())
      const record = `${prefix}${records ? i % records : i}`
      const answer = Promise.race([write(c, record, { n: i }), sleep(patience).then(() => { throw new Error('no answer') })])
      writes.push(answer.then(() => [record, i, Date.now()], err => [record, i, 0, String(err.message)]))
    }
    const results = await Promise.all(writes)
    return { acked: results.filter(r => r[2] > 0), failed: results.filter(r => r[2] === 0) }
  },

  // chatter emits numbered events from every client in turn, and says which: those that went to an open socket, or wait in
  // the client for the next one, and those that its library took, and dropped, while the socket was closing already.
  async chatter ({ client, prefix, count, event, perSecond, seconds }) {
    const sent = []
    const dropped = []
    const end = Date.now() + seconds * 1000
    for (let i = 0; Date.now() < end; i++) {
      const entry = clients.get(client || prefix + i % count)
      const thinksOpen = entry.client.getConnectionState() === 'OPEN'
      ;(thinksOpen && !isOpen(entry) ? dropped : sent).push(i)
      entry.client.event.emit(event, i)
      await sleep(1000 / perSecond)
    }
    return { sent, dropped }
  },

  // gaps is, for each of many clients, the longest time in milliseconds for which its connection was not open since.
  async gaps ({ prefix, count, since }) {
    const result = []
    for (let i = 0; i < count; i++) {
      let lost = 0
      let longest = 0
      let closes = []
      for (const [at, state] of clients.get(prefix + i).states) {
        if (at < since) continue
        if (state === 'OPEN') {
          if (lost) longest = Math.max(longest, at - lost)
          lost = 0
        } else if (!lost) {
          lost = at
          closes.push(at)
        }
      }
      result.push({ longest, closes, open: !lost })
    }
    return result
  },
}

readline.createInterface({ input: process.stdin }).on('line', async line => {
  const { id, do: what, ...args } = JSON.parse(line)
  try {
    const result = await actions[what](args)
    say({ id, result: result === undefined ? null : result })
  } catch (err) {
    say({ id, error: String((err && err.message) || err) })
  }
}).on('close', () => process.exit(0))
