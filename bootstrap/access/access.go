// Package access is what the account's roles may do: who takes them from GitHub, what deployments and previews need, and
// the boundary that no role of the platform gets past. It is pure: documents made of names, tested without an engine.
package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/policy"
)

// tokens is GitHub's identity provider (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services").
const tokens = "token.actions.githubusercontent.com"

// ProviderURL is the address of GitHub's identity provider.
const ProviderURL = "https://" + tokens

// Audience is who GitHub's tokens are for when they go to AWS.
const Audience = "sts.amazonaws.com"

// Account is what the documents are written for.
type Account struct {
	Organisation naming.Organisation

	ID       string
	Home     string   // region of the state
	Regions  []string // of the platform
	Bucket   string   // with the state
	StateKey string   // ARN of the key under which the bucket is encrypted
	Secrets  string   // ARN of the key of the secrets in the state
	ZoneID   string   // of the public hosted zone; empty: any

	CopyRegions  []string // where backups are copied to, besides Regions
	Repositories []string // of images
}

// arn names something of the account's own.
func (a Account) arn(service, region, resource string) string {
	return policy.ARN{Partition: "aws", Service: service, Region: region, Account: a.ID, Resource: resource}.String()
}

// From says which jobs of a repository take a role: those of an environment, or those on a branch.
type From struct {
	Repository   string // owner/name
	Environments []string
	Branch       string // empty: none
}

// Fits refuses an account whose roles would have a policy that is longer than IAM takes, before anything is made: what
// deploys the stacks, brings short-lived ones up, looks at all of them and pushes images. Keys and the zone stand for their
// own length where they are not known yet.
func (a Account) Fits(stacks []string) error {
	key := strings.Repeat("0", len("mrk-")+32)
	a.StateKey, a.Secrets = cmp.Or(a.StateKey, a.arn("kms", a.Home, "key/"+key)), cmp.Or(a.Secrets, a.arn("kms", a.Home, "key/"+key))
	a.ZoneID = cmp.Or(a.ZoneID, strings.Repeat("Z", 32)) // Route 53 API, HostedZone: Id
	all := slices.Concat(a.Ephemeral(), a.Preview(), a.Images())
	for _, stack := range stacks {
		all = append(all, a.Deploy(stack)...)
	}
	for _, n := range all {
		text, err := n.Document.JSON()
		if err == nil {
			err = policy.ManagedPolicy.Check(text)
		}
		if err != nil {
			return fmt.Errorf("policy %s: %w", n.Name, err)
		}
	}
	return nil
}

// Trust lets jobs of GitHub Actions take a role, and nobody else. A job that names an environment carries the
// environment in its subject and nothing of its branch, so each environment has to admit only the branches it is for
// (GitHub Docs, "OpenID Connect reference": subject claims).
func Trust(provider string, from From) policy.Document {
	var subjects []string
	for _, e := range from.Environments {
		subjects = append(subjects, fmt.Sprintf("repo:%s:environment:%s", from.Repository, e))
	}
	if from.Branch != "" {
		subjects = append(subjects, fmt.Sprintf("repo:%s:ref:refs/heads/%s", from.Repository, from.Branch))
	}
	return policy.Document{Kind: policy.Trust, Statements: []policy.Statement{{
		Sid:        "GitHub",
		Principals: []policy.Principal{policy.Federated(provider)},
		Actions:    []string{"sts:AssumeRoleWithWebIdentity"},
		Conditions: []policy.Condition{
			{Operator: "StringEquals", Key: tokens + ":aud", Values: []string{Audience}},
			{Operator: "StringEquals", Key: tokens + ":sub", Values: subjects},
		},
	}}}
}
