// Package state knows where the platform's state lives and what it looks like there: the addresses that bootstrap makes
// and everything else uses, the locks of Pulumi's self-managed backend and who holds them, and the checkpoints with
// their earlier versions. It decides on plain values; package state/store reads and writes them.
package state

import (
	"net/url"

	"github.com/deepstreamhub/platform/internal/naming"
)

// Backend is the engine's address of the state of an organisation's account. It names the region, since the engine reads it
// before any configuration.
func Backend(o naming.Organisation, account, region string) string {
	return (&url.URL{Scheme: "s3", Host: o.StateBucket(account), RawQuery: "region=" + url.QueryEscape(region)}).String()
}

// Secrets is the engine's address of the key under which it encrypts secrets in the state.
func Secrets(o naming.Organisation, region string) string {
	return "awskms://" + o.StateKey() + "?region=" + url.QueryEscape(region)
}

// folder is where hub keeps what is its own in the bucket, apart from what is the engine's.
func folder(project string) string { return "." + string(naming.Of(project)) }
