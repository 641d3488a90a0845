package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"

	"github.com/deepstreamhub/platform/internal/awsenv"
	"github.com/deepstreamhub/platform/internal/recovery"
)

// api has the calls of AWS's own API that are asked where the provider has no function for it, by the names that package
// recovery gives them.
var api = map[string]func(ctx context.Context, cfg aws.Config, env []string, args map[string]any) (map[string]any, error){
	recovery.ListBackupSelections: backupSelection,
}

// split tells questions to AWS's own API from those to the provider.
func split(questions []*question) (ofAPI, ofProvider []*question) {
	for _, q := range questions {
		if api[q.token] != nil {
			ofAPI = append(ofAPI, q)
		} else {
			ofProvider = append(ofProvider, q)
		}
	}
	return ofAPI, ofProvider
}

// askAPI answers questions by AWS's own API, in the region of their provider.
func (d *Driver) askAPI(ctx context.Context, questions []*question) error {
	for _, q := range questions {
		inputs, err := q.configuration()
		if err != nil {
			return err
		}
		region, _ := inputs["region"].(string)
		cfg, err := awsenv.Config(ctx, d.target.Env, region, awsenv.AccessOf(inputs))
		if err == nil {
			q.answer, err = api[q.token](ctx, cfg, d.target.Env, q.args)
		}
		if err != nil {
			return fmt.Errorf("call %s in %s: %w", q.token, region, err)
		}
	}
	return nil
}

// backupSelection looks for a selection by its name, which is its own in its plan.
func backupSelection(ctx context.Context, cfg aws.Config, env []string, args map[string]any) (map[string]any, error) {
	plan, _ := args["planId"].(string)
	client := backup.NewFromConfig(cfg, func(o *backup.Options) {
		if endpoint := awsenv.Get(env, "AWS_ENDPOINT_URL_BACKUP"); endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	pages := backup.NewListBackupSelectionsPaginator(client, &backup.ListBackupSelectionsInput{BackupPlanId: &plan})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.BackupSelectionsList {
			if aws.ToString(s.SelectionName) == args["name"] {
				return map[string]any{"selectionId": aws.ToString(s.SelectionId)}, nil
			}
		}
	}
	return nil, nil
}
