package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// confirm asks the question unless --yes was given. Anything but yes is a no.
func (s *session) confirm(ctx context.Context, question string) error {
	if s.yes {
		return nil
	}
	_, _ = fmt.Fprintf(s.Err, "%s Only yes is a yes: ", question)
	answer := make(chan string, 1)
	go func() { // outlives an interrupt, as a read cannot be called back; the process ends then
		line, _ := bufio.NewReader(s.In).ReadString('\n') // what ends without a newline is an answer too
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case a := <-answer:
		if a == "yes" || a == "y" {
			return nil
		}
		return errDeclined
	case <-ctx.Done():
		s.say("")
		return interruptedError{context.Cause(ctx)}
	}
}
