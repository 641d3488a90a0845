'use strict'

// A password that may be changed while the server runs. It begins as the one that the task was started with. Once bus or
// database refuse it, Secrets Manager is asked: for the current one and, where that is what was refused, for the one before
// it. The secret and what it opens cannot change in the same moment, and meanwhile the one before is the right one.

const STAGES = ['AWSCURRENT', 'AWSPREVIOUS']
const TIMEOUT = 3000 // milliseconds

class Password {
  // passwordFrom is the variable that holds the first one, secret the ARN of a secret that holds JSON with "password"; empty:
  // there is no password but the first.
  constructor ({ passwordFrom, secret }, logger) {
    this.secret = secret
    this.value = process.env[passwordFrom]
    this.logger = logger
  }

  // refused says whether there is another password to try than the one that was refused.
  async refused (tried) {
    if (tried !== this.value) return true // somebody else was told before
    if (!this.secret) return false
    this.reading = this.reading || this.read(tried).finally(() => { this.reading = null })
    return this.reading
  }

  async read (tried) {
    for (const stage of STAGES) {
      try {
        const value = await this.ask(stage)
        if (value && value !== tried) {
          this.value = value
          return true
        }
      } catch (err) {
        if (err.name === 'ResourceNotFoundException' && stage !== STAGES[0]) continue // there is none before it
        this.logger.warn('PASSWORD', `cannot read ${this.secret}: ${err.message}`)
      }
    }
    return false
  }

  async ask (VersionStage) {
    const { client, GetSecretValueCommand } = this.api()
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: this.secret, VersionStage }))
    return JSON.parse(SecretString).password
  }

  // api is loaded late: a server whose passwords stay needs none of it.
  api () {
    if (!this.loaded) {
      const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager')
      const region = this.secret.split(':')[3]
      const requestHandler = { connectionTimeout: TIMEOUT, requestTimeout: TIMEOUT }
      this.loaded = { client: new SecretsManagerClient({ region, maxAttempts: 2, requestHandler }), GetSecretValueCommand }
    }
    return this.loaded
  }
}

module.exports = { Password }
