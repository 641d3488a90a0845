// Package awsenv finds, in the environment that an engine is given, what this process needs to ask the same AWS by its
// own API.
package awsenv

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Access says as whom AWS is reached, as the configuration of a provider has it. The zero value is whoever the environment
// says.
type Access struct {
	Profile     string        // in AWS's own files; empty: the environment's
	RoleARN     string        // of a role that is taken then; empty: none
	SessionName string        // under which AWS's logs show the role's session
	ExternalID  string        // what the role's trust may ask for
	Duration    time.Duration // of a session; 0: the SDK's default
}

// AccessOf reads it from the inputs of a provider's resource in a state. What is no text may stand there as JSON.
func AccessOf(inputs map[string]any) Access {
	var a Access
	a.Profile, _ = inputs["profile"].(string)
	role, _ := inputs["assumeRole"].(map[string]any)
	if text, is := inputs["assumeRole"].(string); is {
		_ = json.Unmarshal([]byte(text), &role) // what is no JSON names no role
	}
	text := func(name string) string { v, _ := role[name].(string); return v }
	a.RoleARN, a.SessionName, a.ExternalID = text("roleArn"), text("sessionName"), text("externalId")
	a.Duration, _ = time.ParseDuration(text("duration")) // 0 for what is none
	return a
}

// Config is how AWS is reached: in region, where that is empty in AWS_REGION, and as whom access says. When env,
// KEY=VALUE, holds an access key, that is used for it; otherwise the SDK finds credentials as the engine does, from this
// process's environment.
func Config(ctx context.Context, env []string, region string, access Access) (aws.Config, error) {
	cfg, err := basic(ctx, env, region, access.Profile)
	if err != nil || access.RoleARN == "" {
		return cfg, err
	}
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), access.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		if access.SessionName != "" {
			o.RoleSessionName = access.SessionName
		}
		if access.ExternalID != "" {
			o.ExternalID = &access.ExternalID
		}
		if access.Duration != 0 {
			o.Duration = access.Duration
		}
	})
	cfg.Credentials = aws.NewCredentialsCache(role)
	return cfg, nil
}

// basic is Config before any role is taken.
func basic(ctx context.Context, env []string, region, profile string) (aws.Config, error) {
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
