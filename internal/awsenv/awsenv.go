// Package awsenv finds, in the environment that an engine is given, what this process needs to ask the same AWS by its
// own API.
package awsenv

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config is how AWS is reached: in region, where that is empty in AWS_REGION, and as profile, where that is not empty.
// When env, KEY=VALUE, holds an access key, that is used and nothing else; otherwise the SDK finds credentials as the
// engine does, from this process's environment.
func Config(ctx context.Context, env []string, region, profile string) (aws.Config, error) {
	if region == "" {
		region = Get(env, "AWS_REGION")
	}
	if id := Get(env, "AWS_ACCESS_KEY_ID"); id != "" && region != "" {
		keys := credentials.NewStaticCredentialsProvider(id, Get(env, "AWS_SECRET_ACCESS_KEY"), Get(env, "AWS_SESSION_TOKEN"))
		return aws.Config{Region: region, Credentials: keys}, nil
	}
	var options []func(*config.LoadOptions) error
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	return config.LoadDefaultConfig(ctx, options...)
}

// Get finds a variable in an environment; of a name given twice the last counts.
func Get(env []string, name string) string {
	value := ""
	for _, kv := range env {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value = v
		}
	}
	return value
}
