'use strict'

// A monitoring plugin for deepstream that publishes, once a minute, how many sockets are open on this server, how many
// servers it sees, what waits for its dependencies and how many of these are away. It writes one line to standard output
// in CloudWatch's embedded metric format: the log driver carries it to CloudWatch Logs, which makes metrics of it. So it
// needs no credentials, no agent and no way to another service ("Specification: Embedded metric format", Amazon
// CloudWatch User Guide).

const fs = require('node:fs/promises')

const ESTABLISHED = '01' // TCP_ESTABLISHED, include/net/tcp_states.h

// openSockets counts the established connections to a port. A task has a network namespace of its own, so all of them
// are this server's. Clients come as IPv4, as IPv6, or as IPv4 in IPv6's table.
async function openSockets (port, directory) {
  const row = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  let open = 0
  for (const table of ['tcp', 'tcp6']) {
    let text
    try {
      text = await fs.readFile(`${directory}/${table}`, 'latin1')
    } catch (err) {
      if (err.code === 'ENOENT') continue // a kernel without IPv6
      throw err
    }
    for (const [, localPort, state] of text.matchAll(row)) {
      if (localPort === wanted && state === ESTABLISHED) open++
    }
  }
  return open
}

// line is one observation, as CloudWatch Logs takes it.
function line (timestamp, { stack, namespace }, values) {
  const metrics = Object.keys(values).map(name => ({ Name: name, Unit: 'Count' }))
  return JSON.stringify({
    _aws: { Timestamp: timestamp, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [['Stack']], Metrics: metrics }] },
    Stack: stack,
    ...values
  })
}

// waiting is what the plugins for bus, cache and storage tell of themselves.
function waiting ({ storage, clusterNode, cache }) {
  return {
    PendingWrites: storage.pendingWrites,
    HeldPublishes: clusterNode.heldPublishes,
    DependenciesDown: Number(storage.isDown) + Number(clusterNode.isDown || cache.isDown)
  }
}

class Metrics {
  constructor (options, services) {
    this.description = 'Metrics, once a minute, in embedded metric format'
    this.options = { port: 6020, directory: '/proc/net', interval: 60000, ...options }
    this.services = services
  }

  init () {}

  async whenReady () {
    this.timer = setInterval(() => this.publish(), this.options.interval)
    this.timer.unref()
  }

  async close () { clearInterval(this.timer) }

  // publish says nothing when it cannot count: a missing metric is an alarm, a wrong one is not.
  async publish () {
    try {
      const values = {
        OpenSockets: await openSockets(this.options.port, this.options.directory),
        ClusterSize: this.services.clusterRegistry.getAll().length,
        ...waiting(this.services)
      }
      process.stdout.write(line(Date.now(), this.options, values) + '\n')
    } catch (err) {
      this.services.logger.error('METRICS', `cannot publish: ${err}`)
    }
  }

  // What deepstream tells a monitoring plugin besides, for every message: nothing is made of it.
  onErrorLog () {}
  onLogin () {}
  onMessageReceived () {}
  onMessageSend () {}
  onBroadcast () {}
}

module.exports = Metrics
