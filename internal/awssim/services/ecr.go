package services

import (
	"fmt"
	"regexp"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	typeRepository  = "aws:ecr/repository:Repository"
	typeImageRules  = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	typeReplication = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
)

// repositoryName is what ECR takes (ECR API, CreateRepository: repositoryName).
var repositoryName = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)

var noSuchRepository = cloud.Refusal{Code: "RepositoryNotFoundException", Message: "The repository with name '{value}' does not exist in the registry", Rule: "ECR API, PutLifecyclePolicy"}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeRepository, Service: "ECR", Noun: "Repository", UpdateCall: "PutImageTagMutability",
		Name:       &cloud.AutoName{Property: "name", Max: 256, Lower: true},
		DeleteOnly: []string{"forceDelete"},
		Keys:       []string{"arn"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "RepositoryAlreadyExistsException",
			Message: "The repository with name '{value}' already exists in the registry", Rule: "facts 114"}}},
		Quota: &cloud.Quota{Max: 100000, Refusal: cloud.Refusal{Code: "LimitExceededException",
			Message: "You have reached the maximum number of repositories: {value}", Rule: "ECR User Guide, service quotas"}},
		Check: func(c *cloud.Checker) {
			c.Length("name", 2, 256)
			c.Match("name", repositoryName, "lower case letters, digits and . _ - / between them")
		},
		Create: createRepository,
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			if len(cloud.Maps(r.Hidden, "images[]")) > 0 && !r.Bool("forceDelete") {
				return cloud.Refuse("RepositoryNotEmptyException", "facts 114", "The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", r.ID, t.Account())
			}
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
			Limit: cloud.LimitMinutes(0, 0, 20), Source: "facts, section 1: ECR repository, 1 log"},
		TaggedAs: "ecr:repository/",
	},
	&cloud.Kind{
		Type: typeImageRules, Service: "ECR", Noun: "LifecyclePolicy", CreateCall: "PutLifecyclePolicy", UpdateCall: "PutLifecyclePolicy",
		Same: map[string]cloud.Same{"policy": func(old, new cloud.Map) bool {
			return documents.SameImageRules(cloud.Str(old, "policy"), cloud.Str(new, "policy"))
		}},
		DeleteFirst: true,
		Refs:        []cloud.Ref{{Path: "repository", To: typeRepository, Free: true, Missing: noSuchRepository}},
		Check:       func(c *cloud.Checker) { c.Document("policy", documents.CheckImageRules) },
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("repository")
			cloud.TakeOver(t, r)
			r.State["registryId"] = t.Account()
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
			Source: "as the ECR repository (guess)"},
	},
	&cloud.Kind{
		Type: typeReplication, Service: "ECR", Noun: "ReplicationConfiguration", Overwrites: true, CreateCall: "PutReplicationConfiguration",
		UpdateCall: "PutReplicationConfiguration", DeleteCall: "PutReplicationConfiguration",
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.Account()
			cloud.TakeOver(t, r)
			r.State["registryId"] = r.ID
			return applyReplication(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyReplication(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
			Source: "as the ECR repository (guess)"},
	},
)

func createRepository(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = r.Str("name")
	for i, e := range cloud.Maps(r.State, "encryptionConfigurations[]") {
		key := cloud.Str(e, "kmsKey")
		switch {
		case key == "":
		case cloud.Str(e, "encryptionType") != "KMS":
			return cloud.Refuse("InvalidParameterException", "ECR API, EncryptionConfiguration", "encryptionConfiguration %d: kmsKey goes with encryptionType KMS", i)
		default:
			if _, problem := usableKey(t, key); problem != "" {
				return cloud.Refuse("KmsException", "ECR API, CreateRepository", "The KMS key %s %s", key, problem)
			}
		}
	}
	r.State["arn"] = t.ARN("ecr", "repository/"+r.ID)
	r.State["registryId"] = t.Account()
	r.State["repositoryUrl"] = fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", t.Account(), t.Region, r.ID)
	return nil
}

// applyReplication holds the limits of the ECR User Guide, "Private image replication", and needs the service-linked
// role that ECR takes for it.
func applyReplication(t *cloud.Tx, r *cloud.Resource) error {
	rules := cloud.Maps(r.State, "replicationConfiguration.rules[]")
	seen := map[string]bool{}
	for _, rule := range rules {
		for _, d := range cloud.Maps(rule, "destinations[]") {
			region := cloud.Str(d, "region")
			if _, known := t.Declared().Regions[region]; !known || region == t.Region && cloud.Str(d, "registryId") == t.Account() {
				return cloud.Refuse("ValidationException", "ECR API, PutReplicationConfiguration", "Invalid replication destination: registry %s in region %s", cloud.Str(d, "registryId"), region)
			}
			seen[region+cloud.Str(d, "registryId")] = true
		}
	}
	if len(rules) > 10 || len(seen) > 25 {
		return cloud.Refuse("ValidationException", "ECR User Guide, service quotas", "a replication configuration takes 10 rules and 25 destinations, not %d and %d", len(rules), len(seen))
	}
	return nil
}
