package awssim

import (
	"context"
	"errors"
	"fmt"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
)

// keysRegion is where the key of a key service is. Any will do.
const keysRegion = "eu-central-1"

// Keys is a key service for the secrets of states, apart from any account that is played. The other secrets provider that needs
// no account, a passphrase, takes each engine's process a fifth of a second.
type Keys struct {
	URL string // of the one key, as the engine wants it

	served *Server
}

// StartKeys serves a new key on the loopback interface until Close.
func StartKeys(ctx context.Context) (*Keys, error) {
	served, err := Start(Options{})
	if err != nil {
		return nil, err
	}
	id, _, err := served.Cloud().Create(ctx, keysRegion, "aws:kms/key:Key", cloud.Map{})
	if err != nil {
		return nil, errors.Join(err, served.Close())
	}
	return &Keys{URL: fmt.Sprintf("awskms://%s?region=%s", id, keysRegion), served: served}, nil
}

// Environment has an engine ask this key service and no other, as the offline account's own user.
func (k *Keys) Environment() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + endpoint.AccessKey, "AWS_SECRET_ACCESS_KEY=" + endpoint.SecretKey,
		"AWS_ENDPOINT_URL_KMS=http://" + k.served.Endpoint(),
	}
}

// Close ends the service. What its key encrypted cannot be read any more.
func (k *Keys) Close() error { return k.served.Close() }
