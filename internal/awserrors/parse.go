package awserrors

import (
	"regexp"
	"strings"
)

// Answer is what AWS answered to a call, as far as the provider's text tells it.
type Answer struct {
	Service   string `json:"service,omitempty"`   // as the AWS SDK names it: EC2, ECS
	Operation string `json:"operation,omitempty"` // API operation: CreateSubnet
	Code      string `json:"code"`                // AWS's error code: InvalidSubnet.Conflict
	Message   string `json:"message"`             // AWS's message
	RequestID string `json:"requestId,omitempty"` // for AWS Support; empty where the text has none
}

// The forms in which an answer is printed. SDK version 2 (smithy-go's OperationError and ResponseError) prints errors that
// the service's model knows without the words "api error". Version 1 prints code and message, then status and request.
var (
	operation = regexp.MustCompile(`operation error ([^:\n]+): (\w+), `)
	request   = regexp.MustCompile(`(?i)request ?id: ([0-9A-Za-z-]+)`)
	attempts  = regexp.MustCompile(`^exceeded maximum number of attempts, \d+, `)
	answer    = regexp.MustCompile(`(?s)^(?:api error )?([A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)*): (.*)`)
	version1  = regexp.MustCompile(`(?s)(?:^|[ \t])([A-Z]+[a-z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]+)*): ([^\n]*)\n\s*status code: \d+, request id: ([0-9A-Za-z-]+)`)
	trailer   = regexp.MustCompile(`(?s)(: provider=aws@[0-9.]+)?\s*$`)
)

// Parse returns the answer of AWS inside of what the provider said; false where there is none, as in the errors of the
// provider itself.
func Parse(said string) (Answer, bool) {
	if m := version1.FindStringSubmatch(said); m != nil {
		return Answer{Code: m[1], Message: strings.TrimSpace(m[2]), RequestID: m[3]}, true
	}
	at := operation.FindStringSubmatchIndex(said)
	if at == nil {
		return Answer{}, false
	}
	a := Answer{Service: said[at[2]:at[3]], Operation: said[at[4]:at[5]]}
	rest := attempts.ReplaceAllString(said[at[1]:], "")
	if m := request.FindStringSubmatch(rest); m != nil {
		a.RequestID = m[1]
	}
	m := answer.FindStringSubmatch(beyondStatus(rest))
	if m == nil {
		return Answer{}, false
	}
	a.Code, a.Message = m[1], trailer.ReplaceAllString(m[2], "")
	return a, true
}

// beyondStatus leaves out the status and the ids that stand before the code: "https response error StatusCode: 400,
// RequestID: ..., HostID: ..., ".
func beyondStatus(text string) string {
	rest, found := strings.CutPrefix(text, "https response error ")
	for found {
		field, after, more := strings.Cut(rest, ", ")
		name, _, isField := strings.Cut(field, ": ")
		if !more || !isField || name != "StatusCode" && name != "RequestID" && name != "HostID" {
			break
		}
		rest = after
	}
	return rest
}
