// Package live runs what an image holds for real, on loopback and for the length of a test: the deepstream server with
// this platform's plugins, PostgreSQL and Redis with TLS, and clients. What the machine lacks is named with the command
// that installs it, and the test is skipped.
package live
