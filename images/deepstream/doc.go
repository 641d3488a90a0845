// Package deepstream is the container image that the fleet runs: the stock deepstream server with this platform's
// configuration baked in, and in Go what the rest of the program has to agree on with it.
//
// It creates nothing in AWS. The Dockerfile and config.yml beside this file are built into the image; the constants
// name its port, its health check, its command and the environment variables that config.yml reads.
//
// The image needs every variable of Environment and Secrets. deepstream pastes those of Environment into the text of
// config.yml before it parses it and takes a missing one for an empty string. Secrets the plugins read themselves, whatever
// characters they hold.
//
// It does not decide who may log in or do what: a webhook says who somebody is, and permissions.yml, which denies
// everything as it stands, what they may do.
//
// The plugins beside the configuration keep what the stock server does not: acknowledged writes (plugins/storage.js), the
// process and its messages when the bus fails (plugins/bus.js, plugins/cache.js), clients when a server leaves
// (plugins/lifecycle.js), and servers and permissions from what clients send (plugins/clients.js). images/internal/live runs
// them for real.
package deepstream
