'use strict'

// What the connections to the bus have in common: one that is lost comes back by itself, and its loss is a warning. In
// the stock connectors every error of a connection ends the process.

const MAX_RETRY = 1500 // milliseconds
const CHECK = 1000
const SILENT_CHECKS = 3 // in a row: checks and not a clock, which runs on while this process itself stands still

// options are ioredis's, from those of config.yml.
const options = ({ secret, passwordFrom, ...own }) => ({
  password: process.env[passwordFrom],
  connectTimeout: 3000,
  maxRetriesPerRequest: null, // a command waits for the connection, however long
  retryStrategy: attempt => Math.min(MAX_RETRY, 100 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() / 2),
  // A primary that was demoted, or still loads its data: connect anew, to whom the name then stands for, and send the
  // command again. Scripts wrap the reason, so it is not always first.
  reconnectOnError: err => /\b(READONLY|LOADING)\b/.test(err.message) ? 2 : false,
  ...own
})

// Connection watches over one client of ioredis, which one of the stock connectors has opened.
class Connection {
  constructor (client, name, logger, password, { subscribes = false } = {}) {
    this.client = client
    this.password = password
    this.name = name
    this.logger = logger
    this.subscribes = subscribes
    this.silent = 0
    this.heard = 0
    client.removeAllListeners('error') // which end the process
    client.removeAllListeners('end')
    // Where a connection is refused, ioredis ends what waits for one too. That is for the next connection.
    client.recoverFromFatalError = (command, err) => {
      client.flushQueue(err, { offlineQueue: false })
      client.silentEmit('error', err)
      client.disconnect(true)
    }
    client.on('error', err => this.failed(err))
    client.on('close', () => {
      this.keepUnanswered()
      this.lost('closed')
    })
    client.on('ready', () => {
      this.silent = 0
      this.wasReady = true
      if (this.since) this.logger.warn('BUS', `${this.name}: the connection is back after ${((Date.now() - this.since) / 1000).toFixed(1)} s`)
      this.since = 0
    })
    this.timer = setInterval(() => this.check(), CHECK)
    this.timer.unref()
  }

  get ready () { return this.client.status === 'ready' }

  // keepUnanswered puts what was not answered before what waits. ioredis would forget it where the next attempt breaks too
  // before it is ready, and nobody would ever be answered. What such an attempt itself has asked is for nobody.
  keepUnanswered () {
    const { client, wasReady } = this
    const unanswered = client.prevCommandQueue
    client.prevCommandQueue = null
    this.wasReady = false
    if (!wasReady || !unanswered || client.options.autoResendUnfulfilledCommands === false) return
    while (unanswered.length > 0) client.offlineQueue.unshift(unanswered.pop())
  }

  // failed has the next attempt come with another password where this one was refused ("AUTH", Valkey's commands).
  async failed (err) {
    this.lost(err.message)
    const { options } = this.client
    if (/^WRONGPASS/.test(err.message) && await this.password.refused(options.password)) options.password = this.password.value
  }

  lost (why) {
    if (this.since || this.closing) return
    this.since = Date.now()
    this.logger.warn('BUS', `${this.name}: the connection is lost: ${why}`)
  }

  // check asks the server each second who it is. A frozen one closes nothing, and a demoted one still takes publishes.
  // Whatever was received since the last check is a sign of life: an answer may be queued behind megabytes of messages.
  check () {
    const { status, stream } = this.client
    if (status !== 'ready' && status !== 'connect') {
      this.silent = 0
      return
    }
    const heard = stream ? stream.bytesRead : 0
    this.silent = heard === this.heard ? this.silent + 1 : 0
    this.heard = heard
    if (this.silent >= SILENT_CHECKS) return this.reconnect('it was silent')
    if (status !== 'ready') return // connected, and not answering yet
    if (this.subscribes) this.client.ping().catch(() => {})
    else {
      this.client.info('replication').then(text => {
        if (/^role:slave/m.test(text)) this.reconnect('it is a replica')
      }, () => {})
    }
  }

  reconnect (why) {
    this.silent = 0
    this.lost(why)
    // Gone at once: a frozen peer would not answer a farewell.
    const { stream } = this.client
    this.client.disconnect(true)
    if (stream) stream.destroy()
  }

  // close takes at most a second.
  async close () {
    this.closing = true
    clearInterval(this.timer)
    if (this.ready) await Promise.race([this.client.quit().catch(() => {}), new Promise(resolve => setTimeout(resolve, 1000).unref())])
    this.client.disconnect()
  }
}

module.exports = { Connection, options }
