// Package conformance holds the offline AWS to the real AWS provider: the released binary that pulumi-aws wraps validates and
// plans the same inputs, and both have to say the same. Nothing reaches AWS.
package conformance
