// Package state knows where the platform's state lives and what it looks like there: the addresses that bootstrap makes
// and everything else uses, the locks of Pulumi's self-managed backend and who holds them, and the checkpoints with
// their earlier versions. It decides on plain values; package state/store reads and writes them.
package state

import (
	"net/url"
	"path/filepath"

	"github.com/deepstreamhub/platform/internal/naming"
)

// Backend is the engine's address of the state of an organisation's account. It names the region, since the engine reads it
// before any configuration.
func Backend(o naming.Organisation, account, region string) string {
	return (&url.URL{Scheme: "s3", Host: o.StateBucket(account), RawQuery: "region=" + url.QueryEscape(region)}).String()
}

// Folder is the engine's address of a state in a folder of this machine. The engine's library keeps a checksum beside each file
// unless it is told otherwise (gocloud.dev/blob/fileblob). Nothing reads it, it is a sixth of the processor's time of an up, and
// a state whose checksum was torn when a process was killed cannot be read.
func Folder(dir string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir), RawQuery: "metadata=skip"}).String()
}

// Secrets is the engine's address of the key under which it encrypts secrets in the state.
func Secrets(o naming.Organisation, region string) string {
	return "awskms://" + o.StateKey() + "?region=" + url.QueryEscape(region)
}

// folder is where hub keeps what is its own in the bucket, apart from what is the engine's.
func folder(project string) string { return "." + string(naming.Of(project)) }
