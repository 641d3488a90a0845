'use strict'

// The messages between the members of the fleet, over Redis or Valkey. While the bus is away they wait, up to a bound;
// they go out when both connections are back and the others have had time to come back too, since a message reaches
// only who listens at that moment.

const stock = require('@deepstream/clusternode-redis')
const { Password } = require('./password')
const { Connection, options } = require('./redis')

const RedisClusterNode = stock.default || stock

const SETTLE = 3000 // milliseconds from both connections being ready, twice the longest pause between attempts
const MAX_HELD_BYTES = 16 * 1024 * 1024
const PER_MESSAGE = 64 // bytes of bookkeeping

class Bus extends RedisClusterNode {
  constructor (own, services, config) {
    const { settle = SETTLE, maxHeldBytes = MAX_HELD_BYTES, ...redis } = own
    // A publish that was not answered is held again here: ioredis would send it before the others are back.
    super({ ...options(redis), autoResendUnfulfilledCommands: false }, services, config)
    this.settle = settle
    this.maxHeldBytes = maxHeldBytes
    this.held = []
    this.heldBytes = 0
    this.unanswered = new Set()
    this.dropped = 0
    this.open = false // whether a message may go out
    this.started = false
    const logger = services.logger
    const password = new Password(own, logger)
    this.publisher = new Connection(this.connection.client, 'publishing', logger, password)
    this.subscriber = new Connection(this.subscribeConnection.client, 'subscribing', logger, password, { subscribes: true })
    for (const { client } of [this.publisher, this.subscriber]) {
      client.on('ready', () => this.prepare())
      client.on('close', () => this.shut())
    }
  }

  async whenReady () {
    await Promise.all([this.connection.whenReady(), this.subscribeConnection.whenReady()])
  }

  // heldPublishes is how many messages wait.
  get heldPublishes () { return this.held.length }

  // isDown says whether one of the connections is lost.
  get isDown () { return !(this.publisher.ready && this.subscriber.ready) }

  send (message) {
    this.publish(message.topic, JSON.stringify({ fromServer: this.config.serverName, message }))
  }

  sendDirect (toServer, message) {
    this.publish(message.topic, JSON.stringify({ fromServer: this.config.serverName, toServer, message }))
  }

  publish (topic, text) {
    const item = { topic: topic.toString(), text }
    if (!this.open || this.isDown) this.hold(item)
    else this.out(item)
  }

  out (item) {
    this.unanswered.add(item)
    const ended = () => this.unanswered.delete(item)
    this.connection.client.publish(item.topic, item.text).then(ended, () => {
      if (ended()) this.hold(item)
    })
  }

  hold (item) {
    const size = PER_MESSAGE + 2 * item.text.length
    if (this.heldBytes + size > this.maxHeldBytes) {
      if (this.dropped++ === 0) {
        this.services.logger.error('BUS', `${this.held.length} messages wait for the bus, and there is no room for more: the next are dropped`)
      }
      return
    }
    this.heldBytes += size
    this.held.push(item)
  }

  // shut holds everything, from now on, and what was not answered: perhaps it was not heard, and twice is better than
  // not at all.
  shut () {
    this.open = false
    clearTimeout(this.opening)
    for (const item of this.unanswered) this.hold(item)
    this.unanswered.clear()
  }

  // prepare opens the way once both connections are ready. The first time nobody has to come back.
  prepare () {
    clearTimeout(this.opening)
    if (this.isDown) return
    const wait = this.started ? this.settle : 0
    this.opening = setTimeout(() => this.release(), wait)
  }

  release () {
    if (this.isDown) return
    this.started = true
    this.open = true
    const { held, dropped } = this
    this.held = []
    this.heldBytes = 0
    this.dropped = 0
    if (dropped > 0) this.services.logger.error('BUS', `${dropped} messages were dropped while the bus was away`)
    for (const item of held) this.out(item)
  }

  // flush resolves when no message waits and every one was answered, or after some seconds; it returns how many are left.
  async flush (seconds) {
    const deadline = Date.now() + seconds * 1000
    const left = () => this.held.length + this.unanswered.size
    while (left() > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 20))
    return left()
  }

  async close () {
    this.shut()
    await Promise.all([this.publisher.close(), this.subscriber.close()])
  }
}

module.exports = Bus
