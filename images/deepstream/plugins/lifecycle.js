'use strict'

// How a server comes and goes. It is healthy from the moment it can serve until it leaves; a dependency that is away is
// told in the body, and does not make it unhealthy, since all servers lose the same one at once. It leaves when the load
// balancer drains its target or when it is told to stop: it takes nobody in any more, closes its sockets at a rate that
// the others can take, and stores what is pending.

const { Target } = require('./target')

const LEAST_PAUSE = 10 // milliseconds between two looks at how many sockets are due
const LAST_WORD = 2000 // milliseconds a client has to answer the close of its socket
const STOP = 8000 // milliseconds for the server's own way of stopping

// Milliseconds. The load balancer has to be who ends an idle connection, or it sends a request into one that is just ended,
// and answers that with 502. It waits for 4000 s at most ("Connection idle timeout", User Guide for Application Load Balancers).
const KEEP_ALIVE = 4100 * 1000

// What waits for a client that does not read it is in this server's memory. Whoever has more waiting, and not less from
// one look to the next, is cut.
const MAX_UNREAD_BYTES = 16 * 1024 * 1024
const LOOK = 1000 // milliseconds
const LOOKS = 5

class Lifecycle {
  constructor (own, services, config) {
    this.description = 'Health, draining and stopping'
    const { port, healthCheckPath: healthPath } = config.httpServer.options
    this.options = { drainSeconds: 30, drainPerSecond: 50, flushSeconds: 30, pollSeconds: 10, port, healthPath, ...own }
    this.services = services
    this.config = config
    this.logger = services.logger
    for (const name of ['drainSeconds', 'drainPerSecond', 'flushSeconds', 'pollSeconds']) {
      if (!(this.options[name] > 0)) this.logger.fatal('CONFIG_ERROR', `plugins.lifecycle.options.${name} is ${this.options[name]}: it must be a number above 0`)
    }
    this.ready = false
    this.draining = false
    this.answerHealthChecks()
    this.awaitEndpoints()
  }

  init () {}

  async whenReady () {
    this.onTerm = () => this.stop()
    process.on('SIGTERM', this.onTerm)
    this.refuseNewcomers()
    if (this.services.httpService.server) this.services.httpService.server.keepAliveTimeout = KEEP_ALIVE
    this.unread = new Map() // sockets with too much waiting → how much, and for how many looks
    this.timer = setInterval(() => this.cutSlow(), LOOK)
    this.timer.unref()
    this.target = Target.fromEnvironment(this.options, this.logger)
    if (this.target) this.target.watch(() => this.drain('the load balancer drains this server'))
  }

  async close () {
    if (this.target) this.target.close()
    clearInterval(this.timer)
    process.removeListener('SIGTERM', this.onTerm)
  }

  // answerHealthChecks takes the place of the server's own answer, which is 200 as soon as the port is open.
  answerHealthChecks () {
    const http = this.services.httpService
    const register = http.registerGetPathPrefix.bind(http)
    http.registerGetPathPrefix = (prefix, handler) => register(prefix, prefix === this.options.healthPath
      ? (meta, response) => this.health(response)
      : handler)
  }

  health (response) {
    const body = { state: this.draining ? 'draining' : this.ready ? 'ready' : 'starting', down: this.down() }
    if (body.state === 'ready') response(null, body)
    else response({ statusCode: 503, message: JSON.stringify(body) })
  }

  // down names the dependencies that cannot be reached.
  down () {
    const { clusterNode, cache, storage } = this.services
    const down = []
    if (clusterNode.isDown || cache.isDown) down.push('bus')
    if (storage.isDown) down.push('database')
    return down
  }

  // awaitEndpoints notices when the last of what clients connect to is open, which is the server's last step.
  awaitEndpoints () {
    let left = this.services.connectionEndpoints.length
    for (const endpoint of this.services.connectionEndpoints) {
      const whenReady = endpoint.whenReady.bind(endpoint)
      endpoint.whenReady = async () => {
        await whenReady()
        if (--left === 0) setImmediate(() => { this.ready = true })
      }
    }
  }

  // refuseNewcomers goes before the server's own listener.
  refuseNewcomers () {
    const { server } = this.services.httpService
    if (!server) return
    const others = server.listeners('upgrade')
    server.removeAllListeners('upgrade')
    server.on('upgrade', (request, socket, head) => {
      if (this.draining) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
        return
      }
      for (const other of others) other.call(server, request, socket, head)
    })
  }

  cutSlow () {
    const before = this.unread
    this.unread = new Map()
    for (const [socket, { userId }] of this.services.httpService.connections) {
      const bytes = socket.bufferedAmount
      if (bytes <= MAX_UNREAD_BYTES) continue
      const last = before.get(socket)
      const looks = last && bytes >= last.bytes ? last.looks + 1 : 1
      this.unread.set(socket, { bytes, looks })
      if (looks < LOOKS) continue
      this.logger.warn('LIFECYCLE', `${userId} is cut: ${bytes} bytes wait for it, and it does not read them`)
      socket.terminate()
    }
  }

  // sockets are those that are still open, each with when it was asked to close.
  sockets () { return [...this.services.httpService.connections.keys()] }

  // drain closes every socket, random ones first, and resolves when none is open. The rate is the fleet's share of what
  // the other servers can take, and more only if the time would not suffice.
  drain (why) {
    if (this.drained) return this.drained
    this.draining = true
    const start = Date.now()
    const sockets = this.sockets()
    this.logger.warn('LIFECYCLE', `${why}: closing ${sockets.length} sockets`)
    this.drained = this.closeAll(shuffle(sockets), start + this.options.drainSeconds * 1000).then(async () => {
      while (this.sockets().length > 0 && Date.now() - start < this.options.drainSeconds * 1000 + LAST_WORD) await pause(20)
      this.logger.warn('LIFECYCLE', `closed all sockets within ${((Date.now() - start) / 1000).toFixed(1)} s`)
    })
    return this.drained
  }

  async closeAll (sockets, deadline) {
    let due = 0 // sockets, in fractions
    let last = Date.now()
    while (sockets.length > 0) {
      const now = Date.now()
      const left = Math.max(deadline - LAST_WORD - now, 1) / 1000
      const rate = Math.max(this.options.drainPerSecond, sockets.length / left)
      due += rate * (now - last) / 1000
      last = now
      for (; due >= 1 && sockets.length > 0; due--) goodbye(sockets.pop())
      // Between half and one and a half of the time to the next, so that clients do not come in step.
      await pause(Math.max(LEAST_PAUSE, 1000 / rate * (0.5 + Math.random())))
    }
  }

  // stop leaves, stores what is pending, passes on what waits for the bus, and ends the process as the server does on
  // SIGINT.
  async stop () {
    if (this.stopping) return
    this.stopping = true
    if (this.target) this.target.close()
    await this.drain('told to stop')
    const { storage, clusterNode } = this.services
    const flush = plugin => this.ready && plugin.flush ? plugin.flush(this.options.flushSeconds) : 0
    const [writes, messages] = await Promise.all([flush(storage), flush(clusterNode)])
    if (writes > 0) this.logger.error('LIFECYCLE', `stopping with ${writes} writes that could not be stored; none of them was acknowledged`)
    if (messages > 0) this.logger.error('LIFECYCLE', `stopping with ${messages} messages that other servers will not get: the bus is away`)
    if (storage.flush) storage.options.flushSeconds = 0
    setTimeout(() => process.exit(0), STOP).unref()
    if (!this.ready || !process.emit('SIGINT')) process.exit(0)
  }
}

// goodbye closes politely: what the client has sent is still read, and 1001 tells it that this server goes away.
function goodbye (socket) {
  if (socket.readyState > 1) return
  socket.close(1001, 'going away')
  setTimeout(() => { if (socket.readyState !== 3) socket.terminate() }, LAST_WORD).unref()
}

function shuffle (list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

module.exports = Lifecycle
