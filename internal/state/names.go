// Package state knows where the platform's state lives and what it looks like there: the addresses that bootstrap makes
// and everything else uses, the locks of Pulumi's self-managed backend and who holds them, and the checkpoints with
// their earlier versions. It decides on plain values; package state/store reads and writes them.
package state

import "net/url"

// KeyAlias is the alias of the key under which the engine encrypts secrets in the state. Every region that has a replica
// of the key has the alias.
const KeyAlias = "alias/deepstreamhub-state"

// Bucket is the name of an account's state bucket. Names of buckets are taken in all accounts, so it holds the account.
func Bucket(account string) string { return "deepstreamhub-state-" + account }

// Backend is the engine's address of an account's state. It names the region, since the engine reads it before any
// configuration.
func Backend(account, region string) string {
	return (&url.URL{Scheme: "s3", Host: Bucket(account), RawQuery: "region=" + url.QueryEscape(region)}).String()
}

// Secrets is the engine's address of the key.
func Secrets(region string) string {
	return "awskms://" + KeyAlias + "?region=" + url.QueryEscape(region)
}
