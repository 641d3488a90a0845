package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interrupts returns a context that the first SIGINT, SIGTERM or SIGHUP cancels, and a channel that the second one
// closes. The third ends the process as if nobody caught it.
//
// A reader of stdout or stderr that goes away, as head does, must not end a deployment midway, so SIGPIPE is ignored
// and writing fails instead.
func interrupts() (context.Context, <-chan struct{}) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(context.Background())
	force := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		cancel()
		<-signals
		close(force)
		signal.Stop(signals)
	}()
	return ctx, force
}
