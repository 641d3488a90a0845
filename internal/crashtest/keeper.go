package crashtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// keeperRegion is where the key is. Any will do.
const keeperRegion = "eu-central-1"

// keeper is a key service for the secrets of all states that are tried, apart from the AWS whose crashes they are. The
// other secrets provider that needs no account, a passphrase, takes each engine's process a fifth of a second.
type keeper struct {
	aws *awssim.Server
	url string // of the key, as the engine wants it
}

func openKeeper(ctx context.Context) (*keeper, error) {
	aws, err := awssim.Start(awssim.Options{})
	if err != nil {
		return nil, err
	}
	id, _, err := aws.Cloud().Create(ctx, keeperRegion, "aws:kms/key:Key", cloud.Map{})
	if err != nil {
		return nil, errors.Join(err, aws.Close())
	}
	return &keeper{aws: aws, url: fmt.Sprintf("awskms://%s?region=%s", id, keeperRegion)}, nil
}

// environment has an engine ask this key service and no other.
func (k *keeper) environment() []string {
	return []string{"AWS_ENDPOINT_URL_KMS=http://" + k.aws.Endpoint()}
}

func (k *keeper) close() error { return k.aws.Close() }
