'use strict'

// The target that a load balancer knows this server by. On ECS the load balancer cuts what is left when the deregistration
// delay ends, and only then is the task told to stop; so the server looks for itself when its target is drained.

const { Backoff } = require('./common')

const FIRST_PAUSE = 5000 // milliseconds between attempts that fail, doubled up to the longest
const LONGEST_PAUSE = 60000

class Target {
  // fromEnvironment is the target of this task, or null outside of ECS or without a target group.
  static fromEnvironment ({ targetGroup, pollSeconds, port }, logger, env = process.env) {
    if (!targetGroup || !env.ECS_CONTAINER_METADATA_URI_V4) return null
    return new Target({ targetGroup, pollSeconds, port, metadata: env.ECS_CONTAINER_METADATA_URI_V4 }, logger)
  }

  constructor (options, logger) {
    this.options = options
    this.logger = logger
    this.backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE)
  }

  // watch calls back once, when the target is draining.
  watch (drained) { this.later(0, drained) }

  close () {
    this.closed = true
    clearTimeout(this.timer)
  }

  later (ms, drained) {
    if (this.closed) return
    this.timer = setTimeout(() => this.look(drained), ms)
    this.timer.unref()
  }

  async look (drained) {
    try {
      const state = await this.state()
      this.backoff.reset()
      if (this.closed) return
      if (state === 'draining') return drained()
      // Between half and one and a half, so that a fleet does not ask in step.
      this.later(this.options.pollSeconds * 1000 * (0.5 + Math.random()), drained)
    } catch (err) {
      if (!this.failing) this.logger.warn('LIFECYCLE', `cannot see whether this server's target is drained: ${err.message}`)
      this.failing = true
      this.later(this.backoff.next(), drained)
      return
    }
    this.failing = false
  }

  // state is the target's: initial, healthy, unhealthy, unused, draining or unavailable.
  async state () {
    const { client, DescribeTargetHealthCommand } = this.api()
    if (!this.address) this.address = await this.ownAddress()
    const answer = await client.send(new DescribeTargetHealthCommand({
      TargetGroupArn: this.options.targetGroup, Targets: [{ Id: this.address, Port: this.options.port }]
    }))
    return answer.TargetHealthDescriptions[0].TargetHealth.State
  }

  // api is loaded late: outside of ECS nothing needs it.
  api () {
    if (!this.loaded) {
      const { ElasticLoadBalancingV2Client, DescribeTargetHealthCommand } = require('@aws-sdk/client-elastic-load-balancing-v2')
      const region = this.options.targetGroup.split(':')[3]
      this.loaded = { client: new ElasticLoadBalancingV2Client({ region, maxAttempts: 2 }), DescribeTargetHealthCommand }
    }
    return this.loaded
  }

  // ownAddress is the task's, from the metadata of its container ("Task metadata endpoint version 4", Amazon ECS
  // Developer Guide).
  async ownAddress () {
    const answer = await fetch(this.options.metadata, { signal: AbortSignal.timeout(5000) })
    const { Networks } = await answer.json()
    return Networks[0].IPv4Addresses[0]
  }
}

module.exports = { Target }
